import { type Json, valueAt } from './json.ts';

export const keyFaults = {
  KEY_MISSING: 'is missing or empty',
  KEY_TYPE: 'is neither text nor a whole number',
  TEXT_NUL: 'holds a NUL character or half of a surrogate pair',
} as const;

export type KeyOfRecord = { readonly key: string } | { readonly field: string; readonly code: keyof typeof keyFaults };

/** The fields of a sync's key as a list. */
export const keyFieldsOf = ({ key }: { readonly key: string | readonly string[] }): readonly string[] =>
  typeof key === 'string' ? [key] : key;

/** Reads the key of a record from its fields, or says which of them cannot serve. */
export function keyOf(record: Json, fields: readonly string[]): KeyOfRecord {
  const parts: string[] = [];
  for (const field of fields) {
    const value = valueAt(record, field);
    if (value === undefined || value === null || value === '') return { field, code: 'KEY_MISSING' };
    if (typeof value === 'number' ? !Number.isSafeInteger(value) : typeof value !== 'string')
      return { field, code: 'KEY_TYPE' };
    const part = String(value);
    if (unstorable.test(part)) return { field, code: 'TEXT_NUL' };
    parts.push(part);
  }
  return { key: joinKey(parts) };
}

// With the u flag a surrogate matches only when it stands alone.
const unstorable = /[\0\ud800-\udfff]/u;

/** Joins the parts of a key of several fields by `|`; within a part `|` and the backslash follow a backslash. */
export function joinKey(parts: readonly string[]): string {
  const [only] = parts;
  if (parts.length === 1 && only !== undefined) return only;
  return parts.map((part) => part.replaceAll(/[\\|]/g, '\\$&')).join('|');
}

/** The parts of a key of so many fields: the inverse of `joinKey`. Undefined for a key that has another number. */
export function splitKey(key: string, fields: number): readonly string[] | undefined {
  if (fields === 1) return [key];
  const parts: string[] = [];
  for (const [, text = ''] of `${key}|`.matchAll(/((?:[^\\|]|\\.)*)\|/gs)) parts.push(text.replaceAll(/\\(.)/gs, '$1'));
  return parts.length === fields ? parts : undefined;
}
