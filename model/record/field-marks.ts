import type { z } from 'zod';
import { defOf, type Schema, wrapped } from '../mapping/schema.ts';

/** What a field may be marked as: a credential, or data about a person. */
export type FieldMark = 'secret' | 'personal';

/** The key in zod's metadata of a schema. Projects may have a zod of their own, so the mark travels with the schema. */
const META = 'syncline';

/** Marks a field of a schema as a credential: its value is never journalled. */
export const secret = <S extends z.ZodType>(schema: S): S => marked(schema, 'secret');

/** Marks a field of a schema as data about a person: its value is never journalled. */
export const personal = <S extends z.ZodType>(schema: S): S => marked(schema, 'personal');

const marked = <S extends z.ZodType>(schema: S, mark: FieldMark): S => schema.meta({ ...schema.meta(), [META]: mark });

function isMarked(schema: Schema): boolean {
  const meta: unknown = 'meta' in schema && typeof schema.meta === 'function' ? schema.meta() : undefined;
  return typeof meta === 'object' && meta !== null && META in meta;
}

/** A field as the names that lead to it; items of a list take no step. */
export type HiddenField = readonly string[];

/** The marked fields of a schema. What lies below a marked field is hidden with it. */
export function hiddenFields(schema: z.ZodType): readonly HiddenField[] {
  const found = new Map<string, HiddenField>();
  const walk = (at: Schema, path: HiddenField, above: readonly Schema[]): void => {
    if (above.includes(at)) return;
    const within = [...above, at];
    if (isMarked(at) && path.length > 0) {
      found.set(JSON.stringify(path), path);
      return;
    }
    const def = defOf(at);
    if (def.type === 'object')
      for (const [name, field] of Object.entries(def.shape)) walk(field, [...path, name], within);
    else if (def.type === 'array') walk(def.element, path, within);
    else if (def.type === 'union') for (const option of def.options) walk(option, path, within);
    else if (def.type === 'intersection') for (const part of [def.left, def.right]) walk(part, path, within);
    else if (def.type === 'tuple') for (const item of def.items) walk(item, path, within);
    else {
      const inner = wrapped(at, 'in');
      if (inner) walk(inner, path, within);
    }
  };
  walk(schema, [], []);
  return [...found.values()];
}
