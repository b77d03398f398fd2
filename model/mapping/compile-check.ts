import type { z } from 'zod';
import { conditions, typeCondition } from './check-conditions.ts';
import { CodeWriter } from './code-writer.ts';
import { perObject } from './per-object.ts';
import { type Def, defOf, type Schema } from './schema.ts';

/**
 * `plain`: the data is plain JSON, and says the same as its JSON text: objects, lists, texts, finite numbers, booleans
 * and null, made by the generated code.
 */
export type Checked<S extends z.ZodType> = z.ZodSafeParseResult<z.output<S>> & { readonly plain?: boolean };

export type Check<S extends z.ZodType> = (value: unknown) => Checked<S>;

class CheckWriter extends CodeWriter {
  /** All that the generated lines give is plain JSON. */
  plain = true;
  /** Whether they give objects and lists of their own, or the given ones as they are. */
  readonly copies: boolean;

  constructor(copies: boolean) {
    super();
    this.copies = copies;
  }
}

/**
 * The `safeParse` of a schema, faster: code generated for plain objects, lists, texts, numbers, enums, optional and
 * nullable values and their simple checks. Whatever is not plain is asked of zod, part by part; a value that does not
 * pass is given to zod as a whole. So the answer, its data and its issues are zod's, always.
 *
 * Measured on an order of 18 fields, a customer and two items, made an invoice of 19 fields (Node 20, one core): the
 * mapping alone 1.4 µs a record; between zod's two checks 4.8 µs; between two of these 1.6 µs.
 */
export function compileCheck<S extends z.ZodType>(schema: S): Check<S> {
  const { read, plain } = generated(schema, true);
  return (value) => {
    const data = read(value);
    return data === UNSURE ? schema.safeParse(value) : { success: true, data: data as z.output<S>, plain };
  };
}

/**
 * The compiled check of a schema, made at its first use and kept as long as the schema. What is kept is of one type; the
 * check of a schema is always of its own.
 */
export const checkOf = perObject(compileCheck) as <S extends z.ZodType>(schema: S) => Check<S>;

/** Answers true only when the schema takes the value, and gives it back as it is but for fields that it does not have. */
type Takes = (value: unknown) => boolean;

/** The check without its copy. Undefined for a schema whose data is not plain JSON. */
export function compileTakes(schema: z.ZodType): Takes | undefined {
  const { read, plain } = generated(schema, false);
  return plain ? (value) => read(value) !== UNSURE : undefined;
}

/** The same, made at its first use and kept as long as the schema. */
export const takesOf = perObject(compileTakes);

function generated(schema: z.ZodType, copies: boolean) {
  const out = new CheckWriter(copies);
  const result = parse(schema, 'input', out, new Set());
  out.line(`return ${result};`);
  return { read: out.build('input'), plain: out.plain };
}

/** The generated code cannot say: zod decides. */
const UNSURE = Symbol('unsure');

const unsure = (out: CheckWriter): string => out.bind(UNSURE);

type Above = ReadonlySet<Schema>;

/** Conditions look into the value, and may be asked of these only: of any other, zod knows when a check is skipped. */
const checked: ReadonlySet<Def['type']> = new Set<Def['type']>(['string', 'number', 'array']);

/**
 * Writes what parses `from`; answers the expression that holds the parsed value, or without copies the given one.
 * `isThere`: it is not undefined.
 */
function parse(schema: Schema, from: string, out: CheckWriter, above: Above, isThere = false): string {
  const def = defOf(schema);
  // A schema that contains itself has no end of code: zod goes on from here.
  if (above.has(schema)) return ask(schema, from, out);
  const within = new Set([...above, schema]);
  const checks = conditions(def, from, out);
  if (!checks || (checks.length > 0 && !checked.has(def.type))) return ask(schema, from, out);
  switch (def.type) {
    case 'optional':
      // An exact optional lets a field be absent, but is no more than its inner schema for a value that is there.
      if (schema._zod.traits.has('$ZodExactOptional')) return parse(def.innerType, from, out, within);
      if (!isThere) out.plain = false;
      return unless('undefined', schema, def.innerType, from, out, within);
    case 'nullable':
      return unless('null', schema, def.innerType, from, out, within);
    case 'object':
      return parseObject(schema, def, from, out, within);
    case 'array':
      return parseArray(def.element, checks, from, out, within);
    case 'unknown':
    case 'any':
      out.plain = false;
      return from;
    default: {
      const type = typeCondition(def, from, out);
      if (type === undefined) return ask(schema, from, out);
      out.line(`if (!(${[type, ...checks].join(' && ')})) return ${unsure(out)};`);
      return from;
    }
  }
}

/** Zod itself, for one part. */
function ask(schema: Schema, from: string, out: CheckWriter): string {
  out.plain = false;
  const name = out.name();
  out.line(`const ${name} = ${out.bind(schema)}.safeParse(${from});`);
  out.line(`if (!${name}.success) return ${unsure(out)};`);
  return `${name}.data`;
}

/** The absent value passes as it is. Anything inside that would make another value of it is asked of zod. */
function unless(absent: string, schema: Schema, inner: Schema, from: string, out: CheckWriter, above: Above): string {
  if (absent === 'undefined' && inner._zod.optin !== undefined) return ask(schema, from, out);
  const name = out.name();
  out.line(`let ${name} = ${from};`);
  out.line(`if (${name} !== ${absent}) {`);
  out.line(`${name} = ${parse(inner, name, out, above)};`);
  out.line('}');
  return name;
}

function parseArray(element: Schema, checks: readonly string[], from: string, out: CheckWriter, above: Above): string {
  const [index, item] = [out.name(), out.name()];
  out.line(`if (!(${[`Array.isArray(${from})`, ...checks].join(' && ')})) return ${unsure(out)};`);
  const list = out.copies ? out.keep('[]') : from;
  out.line(`for (let ${index} = 0; ${index} < ${from}.length; ${index}++) {`);
  out.line(`const ${item} = ${from}[${index}];`);
  const parsed = parse(element, item, out, above);
  if (out.copies) out.line(`${list}.push(${parsed});`);
  out.line('}');
  return list;
}

/** With copies a new object with the schema's fields in the schema's order, as zod makes it. */
function parseObject(
  schema: Schema,
  def: Def & { type: 'object' },
  from: string,
  out: CheckWriter,
  above: Above,
): string {
  const { shape, catchall } = def;
  const fields = Object.entries(shape);
  const isStrict = catchall !== undefined && defOf(catchall).type === 'never';
  const special = fields.some(([name]) => name === '__proto__') || Object.getOwnPropertySymbols(shape).length > 0;
  if ((catchall && !isStrict) || special) return ask(schema, from, out);
  out.line(`if (typeof ${from} !== 'object' || ${from} === null || Array.isArray(${from})) return ${unsure(out)};`);
  if (isStrict) refuseOthers(Object.keys(shape), from, out);
  const values = fields.map(([name, field]) => ({ name, field, code: parseField(name, field, from, out, above) }));
  if (!out.copies) return from;
  const firstOpen = values.findIndex(({ field }) => field._zod.optin !== undefined);
  const sure = firstOpen < 0 ? values : values.slice(0, firstOpen);
  const made = out.name();
  out.line(`const ${made} = { ${sure.map(({ name, code }) => `${JSON.stringify(name)}: ${code}`).join(', ')} };`);
  for (const { name, code } of values.slice(sure.length))
    out.line(`if (${code} !== undefined) ${made}[${JSON.stringify(name)}] = ${code};`);
  return made;
}

function refuseOthers(names: readonly string[], from: string, out: CheckWriter): void {
  const known = out.bind(new Set(names));
  out.line(`for (const key in ${from}) if (!${known}.has(key)) return ${unsure(out)};`);
}

/**
 * An absent field is either left out or decided by zod: what zod does with one depends on whether it is there as
 * undefined, which no record read from JSON has.
 */
function parseField(name: string, field: Schema, from: string, out: CheckWriter, above: Above): string {
  const value = out.name();
  out.line(`let ${value} = ${from}[${JSON.stringify(name)}];`);
  const def = defOf(field);
  const isOptional =
    def.type === 'optional' &&
    (def.checks ?? []).length === 0 &&
    field._zod.optin === 'optional' &&
    field._zod.optout === 'optional';
  if (!isOptional) {
    out.line(`if (${value} === undefined) return ${unsure(out)};`);
    out.line(`${value} = ${parse(field, value, out, above)};`);
    out.line(`if (${value} === undefined) return ${unsure(out)};`);
    return value;
  }
  out.line(`if (${value} === undefined) {`);
  out.line(`if (${JSON.stringify(name)} in ${from}) return ${unsure(out)};`);
  out.line('} else {');
  out.line(`${value} = ${parse(field, value, out, above, true)};`);
  out.line(`if (${value} === undefined) return ${unsure(out)};`);
  out.line('}');
  return value;
}
