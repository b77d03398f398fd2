import type { z } from 'zod';
import type { Kind } from './node.ts';

/** A zod schema, seen from inside. */
export type Schema = z.core.$ZodType;
/** What a schema accepts, or what it gives. */
export type Side = 'in' | 'out';

/** What a schema was defined by. */
export type Def = z.core.$ZodTypes['_zod']['def'];

export const defOf = (schema: Schema): Def => (schema as z.core.$ZodTypes)._zod.def;

/** The schema that a wrapper (optional, nullable, default, …) stands around; undefined when it wraps nothing. */
export function wrapped(schema: Schema, side: Side): Schema | undefined {
  const def = defOf(schema);
  switch (def.type) {
    case 'optional':
    case 'nullable':
    case 'default':
    case 'prefault':
    case 'nonoptional':
    case 'readonly':
      return def.innerType;
    case 'catch':
      return side === 'out' ? def.innerType : undefined;
    case 'pipe':
      return side === 'in' ? def.in : def.out;
    case 'lazy':
      return def.getter();
    default:
      return undefined;
  }
}

/** The schema without its wrappers. */
export function bare(schema: Schema, side: Side): Schema {
  const within = wrapped(schema, side);
  return within ? bare(within, side) : schema;
}

/** The schema of a field, or of the items of a list (`*`); undefined when there is none, or it is not known. */
export function childSchema(schema: Schema, step: string, side: Side): Schema | undefined {
  const def = defOf(bare(schema, side));
  switch (def.type) {
    case 'object':
      return Object.hasOwn(def.shape, step) ? def.shape[step] : def.catchall && known(def.catchall);
    case 'array':
      return step === '*' || isIndex(step) ? def.element : undefined;
    case 'tuple':
      return (isIndex(step) ? def.items[Number(step)] : undefined) ?? def.rest ?? undefined;
    case 'record':
      return def.valueType;
    case 'union':
      return firstOf(def.options, (option) => childSchema(option, step, side));
    case 'intersection':
      return childSchema(def.left, step, side) ?? childSchema(def.right, step, side);
    default:
      return undefined;
  }
}

const known = (catchall: Schema): Schema | undefined => (defOf(catchall).type === 'never' ? undefined : catchall);
const isIndex = (step: string): boolean => /^\d+$/.test(step);

function firstOf<T>(schemas: readonly Schema[], give: (schema: Schema) => T | undefined): T | undefined {
  for (const schema of schemas) {
    const found = give(schema);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** The names of an object's fields; undefined when the schema is no object, or also takes others. */
export function fieldNames(schema: Schema, side: Side): readonly string[] | undefined {
  const def = defOf(bare(schema, side));
  if (def.type === 'object') return def.catchall && known(def.catchall) ? undefined : Object.keys(def.shape);
  if (def.type !== 'intersection') return undefined;
  const [left, right] = [fieldNames(def.left, side), fieldNames(def.right, side)];
  return left && right && [...new Set([...left, ...right])];
}

const simple: Readonly<Record<string, Kind>> = {
  string: 'text',
  template_literal: 'text',
  number: 'number',
  nan: 'number',
  int: 'number',
  boolean: 'boolean',
  date: 'date',
  array: 'list',
  tuple: 'list',
  object: 'object',
  record: 'object',
  intersection: 'object',
  null: 'null',
  undefined: 'missing',
  void: 'missing',
};

const kindOfValue = (value: unknown): Kind => {
  if (value === null) return 'null';
  if (value === undefined) return 'missing';
  const known: Readonly<Record<string, Kind>> = { string: 'text', number: 'number', boolean: 'boolean' };
  if (Array.isArray(value)) return 'list';
  if (value instanceof Date) return 'date';
  return known[typeof value] ?? (typeof value === 'object' ? 'object' : 'unknown');
};

/** What a value of this schema can be. */
export function kindsOf(schema: Schema, side: Side, depth = 0): ReadonlySet<Kind> {
  const def = defOf(schema);
  if (depth > 32) return new Set<Kind>(['unknown']);
  if (def.type === 'enum') return new Set(Object.values(def.entries).map(kindOfValue));
  if (def.type === 'literal') return new Set(def.values.map(kindOfValue));
  if (def.type === 'union') return new Set(def.options.flatMap((option) => [...kindsOf(option, side, depth + 1)]));
  const within = wrapped(schema, side);
  if (!within) return new Set<Kind>([simple[def.type] ?? 'unknown']);
  const kinds = new Set(kindsOf(within, side, depth + 1));
  if (def.type === 'optional') kinds.add('missing');
  if (def.type === 'nullable') kinds.add('null');
  if (def.type === 'nonoptional') kinds.delete('missing');
  if (def.type === 'default' || def.type === 'prefault') {
    if (side === 'in') kinds.add('missing');
    else kinds.delete('missing');
  }
  return kinds;
}

export const kindsOfValue = (value: unknown): ReadonlySet<Kind> => new Set([kindOfValue(value)]);

/** The schema at a path; undefined when a step leads nowhere known. */
export function schemaAt(schema: Schema, path: readonly string[], side: Side): Schema | undefined {
  let at: Schema | undefined = schema;
  for (const step of path) at = at && childSchema(at, step, side);
  return at;
}

/** Whether an object schema can say that it has no such field: false for anything it cannot see into. */
export function lacksField(schema: Schema, step: string, side: Side): boolean {
  const names = fieldNames(schema, side);
  return names !== undefined && !names.includes(step);
}

/** Every field that holds a value of its own: the leaves of objects and of lists of objects. */
export function leafPaths(schema: Schema, side: Side): readonly (readonly string[])[] {
  const found = new Map<string, readonly string[]>();
  const walk = (at: Schema, path: readonly string[], above: readonly Schema[]): void => {
    const core = bare(at, side);
    const def = defOf(core);
    if (above.includes(core)) return;
    const within = [...above, core];
    if (def.type === 'object' && Object.keys(def.shape).length > 0)
      for (const [name, field] of Object.entries(def.shape)) walk(field, [...path, name], within);
    else if (def.type === 'array' && holdsObjects(def.element, side)) walk(def.element, [...path, '*'], within);
    else if (def.type === 'union' && def.options.some((option) => holdsObjects(option, side)))
      for (const option of def.options) walk(option, path, within);
    else if (def.type === 'intersection') for (const part of [def.left, def.right]) walk(part, path, within);
    else if (path.length > 0 && def.type !== 'null' && def.type !== 'undefined') found.set(JSON.stringify(path), path);
  };
  walk(schema, [], []);
  return [...found.values()];
}

const holdsObjects = (schema: Schema, side: Side): boolean => defOf(bare(schema, side)).type === 'object';
