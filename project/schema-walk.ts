import type { z } from 'zod';
import type { TreePath } from './tree.ts';

/** A schema as zod 4 describes it: only what is looked at here. */
interface SchemaDef {
  readonly type: string;
  readonly innerType?: z.ZodType;
  readonly in?: z.ZodType;
  readonly out?: z.ZodType;
  readonly shape?: Readonly<Record<string, z.ZodType>>;
  readonly catchall?: z.ZodType;
  readonly element?: z.ZodType;
  readonly valueType?: z.ZodType;
  readonly options?: readonly z.ZodType[];
  readonly left?: z.ZodType;
  readonly right?: z.ZodType;
  readonly getter?: () => z.ZodType;
  readonly values?: readonly unknown[];
}

export const schemaDef = (schema: z.ZodType): SchemaDef => schema._zod.def as unknown as SchemaDef;

const wrappers = new Set([
  'optional',
  'nullable',
  'default',
  'prefault',
  'nonoptional',
  'readonly',
  'catch',
  'success',
]);

/** The schema under its wrappers (`optional`, `default`, …), on its input side or its output side. */
export function bareSchema(schema: z.ZodType, side: 'input' | 'output' = 'input'): z.ZodType {
  const def = schemaDef(schema);
  if (wrappers.has(def.type) && def.innerType) return bareSchema(def.innerType, side);
  if (def.type === 'pipe') {
    const inner = side === 'input' ? def.in : def.out;
    if (inner) return bareSchema(inner, side);
  }
  if (def.type === 'lazy' && def.getter) return bareSchema(def.getter(), side);
  return schema;
}

/** Whether a value of this schema may be absent or null. */
export function mayBeMissing(schema: z.ZodType): boolean {
  const def = schemaDef(schema);
  if (def.type === 'optional' || def.type === 'nullable') return true;
  if (def.type === 'union') return def.options?.some(mayBeMissing) ?? false;
  if (def.type === 'null' || def.type === 'undefined') return true;
  return wrappers.has(def.type) && def.type !== 'default' && def.innerType !== undefined && mayBeMissing(def.innerType);
}

/**
 * The keys that an object schema names; for a union those of all its branches. Undefined when the schema does not say,
 * or takes any key.
 */
export function schemaKeys(schema: z.ZodType): readonly string[] | undefined {
  const bare = bareSchema(schema);
  const def = schemaDef(bare);
  if (def.type === 'object') return takesAnyKey(def) ? undefined : Object.keys(def.shape ?? {});
  if (def.type === 'union') return mergeKeys(def.options ?? []);
  if (def.type === 'intersection' && def.left && def.right) return mergeKeys([def.left, def.right]);
  return undefined;
}

function mergeKeys(schemas: readonly z.ZodType[]): readonly string[] | undefined {
  const keys = schemas.map(schemaKeys).filter((found) => found !== undefined);
  return keys.length === 0 ? undefined : [...new Set(keys.flat())];
}

const takesAnyKey = (def: SchemaDef): boolean => def.catchall !== undefined && schemaDef(def.catchall).type !== 'never';

/** The schemas that may stand at a path; `undefined` in the place of one that does not say. Empty: nothing can stand there. */
export function schemasAt(
  schema: z.ZodType,
  path: TreePath,
  side: 'input' | 'output' = 'input',
): readonly (z.ZodType | undefined)[] {
  const [step, ...rest] = path;
  if (step === undefined) return [schema];
  const bare = bareSchema(schema, side);
  const def = schemaDef(bare);
  switch (def.type) {
    case 'object': {
      const next = Object.hasOwn(def.shape ?? {}, step) ? def.shape?.[String(step)] : undefined;
      if (next) return schemasAt(next, rest, side);
      return takesAnyKey(def) ? [undefined] : [];
    }
    case 'record':
      return def.valueType ? schemasAt(def.valueType, rest, side) : [undefined];
    case 'array':
      return def.element && /^\d+$/.test(String(step)) ? schemasAt(def.element, rest, side) : [];
    case 'union':
      return (def.options ?? []).flatMap((option) => schemasAt(option, path, side));
    case 'intersection':
      return [def.left, def.right].flatMap((part) => (part ? schemasAt(part, path, side) : []));
    case 'string':
    case 'number':
    case 'int':
    case 'boolean':
    case 'bigint':
    case 'date':
    case 'null':
    case 'undefined':
    case 'literal':
    case 'enum':
      return [];
    default:
      return [undefined];
  }
}

/** The first schema at a path that says what it wants. */
export const schemaAt = (schema: z.ZodType, path: TreePath): z.ZodType | undefined =>
  schemasAt(schema, path).find((found) => found !== undefined);

export interface NumberRange {
  readonly whole: boolean;
  /** Smallest allowed. */
  readonly low?: number;
  /** Smaller than the smallest allowed. */
  readonly above?: number;
  /** Largest allowed. */
  readonly high?: number;
}

/** The limits of a number schema, for messages. */
export function numberRange(schema: z.ZodType | undefined): NumberRange {
  if (!schema) return { whole: false };
  const def: { readonly format?: unknown; readonly checks?: readonly z.core.$ZodCheck[] } = bareSchema(schema)._zod.def;
  let range: NumberRange = { whole: def.format === 'safeint' };
  for (const check of def.checks ?? []) {
    const { check: name, value, inclusive } = check._zod.def as { check: string; value?: unknown; inclusive?: boolean };
    if (typeof value !== 'number') continue;
    if (name === 'greater_than') range = { ...range, ...(inclusive ? { low: value } : { above: value }) };
    if (name === 'less_than') range = { ...range, high: value };
  }
  return range;
}
