import { CodeWriter } from './code-writer.ts';
import { putAny, putBytes, putNumber, putText } from './json-bytes.ts';
import { perObject } from './per-object.ts';
import { defOf, type Schema } from './schema.ts';

/**
 * Writes data as JSON in UTF-8 into a block, from there on; answers where it ends, which lies beyond the end of the block
 * when that had no room.
 */
export type JsonWriter = (data: unknown, block: Buffer, at: number) => number;

/**
 * Code that writes the fields of a schema as `JSON.stringify` would, without making a text of them, for values that its
 * check takes, of a schema that it calls `plain` (compile-check.ts). Undefined for a schema that this code cannot write.
 */
export function compileJson(schema: Schema): JsonWriter | undefined {
  const out = new JsonCodeWriter();
  write(schema, 'data', out, new Set());
  out.line('return at;');
  // What the lines return is written above.
  return out.isWhole ? (out.build('data', 'block', 'at') as JsonWriter) : undefined;
}

/** The writer of a schema, made at its first use and kept as long as the schema. */
export const jsonWriterOf = perObject(compileJson);

/** Beyond so many bytes constants are written by a loop: V8 does not optimize functions that are too long. */
const UNROLLED_BYTES = 2_000;

class JsonCodeWriter extends CodeWriter {
  /** Everything that the schema can hold is written. */
  isWhole = true;
  readonly #constants = new Map<string, Buffer>();
  #constantBytes = 0;

  put(by: typeof putText | typeof putNumber | typeof putAny | typeof putBytes, from: string): void {
    this.line(`at = ${this.bind(by)}(block, at, ${from});`);
  }

  /** The text as it stands: names of fields, and what is around them. */
  constant(text: string): void {
    const bytes = this.#constants.get(text) ?? Buffer.from(text);
    this.#constants.set(text, bytes);
    this.#constantBytes += bytes.length;
    if (this.#constantBytes > UNROLLED_BYTES) this.put(putBytes, this.bind(bytes));
    else {
      for (const [index, byte] of bytes.entries()) this.line(`block[at + ${index}] = ${byte};`);
      this.line(`at += ${bytes.length};`);
    }
  }

  either(condition: string, one: () => void, other: () => void): void {
    this.line(`if (${condition}) {`);
    one();
    this.line('} else {');
    other();
    this.line('}');
  }
}

type Above = ReadonlySet<Schema>;

/** Writes the lines for the value that `from` holds. */
function write(schema: Schema, from: string, out: JsonCodeWriter, above: Above): void {
  const def = defOf(schema);
  const within = new Set([...above, schema]);
  // A schema that contains itself has no end of code.
  if (above.has(schema)) out.isWhole = false;
  else if (def.type === 'string') out.put(putText, from);
  else if (def.type === 'number') out.put(putNumber, from);
  else if (def.type === 'null') out.constant('null');
  else if (def.type === 'boolean')
    out.either(
      from,
      () => out.constant('true'),
      () => out.constant('false'),
    );
  else if (def.type === 'enum' || def.type === 'literal')
    out.either(
      `typeof ${from} === 'string'`,
      () => out.put(putText, from),
      () => out.put(putAny, from),
    );
  // Plain data has no undefined: what is here is there, and a field that is absent is left out below.
  else if (def.type === 'optional') write(def.innerType, from, out, within);
  else if (def.type === 'nullable')
    out.either(
      `${from} === null`,
      () => out.constant('null'),
      () => write(def.innerType, from, out, within),
    );
  else if (def.type === 'array') writeArray(def.element, from, out, within);
  else if (def.type === 'object') writeObject(def.shape, from, out, within);
  else out.isWhole = false;
}

function writeArray(element: Schema, from: string, out: JsonCodeWriter, above: Above): void {
  const [index, item] = [out.name(), out.name()];
  enclosed('[', ']', out, () => {
    out.line(`for (let ${index} = 0; ${index} < ${from}.length; ${index}++) {`);
    out.line(`const ${item} = ${from}[${index}];`);
    out.constant(',');
    write(element, item, out, above);
    out.line('}');
  });
}

/**
 * In the schema's order, which is that of the checked data; but numbers come first in any object, and a name that every
 * object has does not tell whether the field is there.
 */
function writeObject(shape: Readonly<Record<string, Schema>>, from: string, out: JsonCodeWriter, above: Above): void {
  const fields = Object.entries(shape);
  if (fields.some(([name]) => /^\d+$/.test(name) || name in Object.prototype)) out.isWhole = false;
  enclosed('{', '}', out, () => {
    for (const [name, field] of fields) writeField(name, field, from, out, above);
  });
}

function writeField(name: string, field: Schema, from: string, out: JsonCodeWriter, above: Above): void {
  const value = out.keep(`${from}[${JSON.stringify(name)}]`);
  const isOptional = defOf(field).type === 'optional';
  if (isOptional) out.line(`if (${value} !== undefined) {`);
  out.constant(`,${JSON.stringify(name)}:`);
  write(field, value, out, above);
  if (isOptional) out.line('}');
}

/** Each part inside begins with a comma; the bracket takes the place of the first one. */
function enclosed(open: string, close: string, out: JsonCodeWriter, inside: () => void): void {
  const start = out.keep('at');
  inside();
  out.line(`if (at === ${start}) at++;`);
  out.line(`block[${start}] = ${open.charCodeAt(0)};`);
  out.constant(close);
}
