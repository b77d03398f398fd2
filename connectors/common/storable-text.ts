import type { Json } from '../../index.ts';

/** Whether JSON text may hold a NUL or half of a surrogate pair, escaped or raw. Quick; may be wrong only with yes. */
export const maybeUnstorable = (json: string): boolean =>
  (json.includes('\\u') && escapedSuspect.test(json)) || !json.isWellFormed();

const escapedSuspect = /\\u(?:0000|d[89a-f])/i;

/** Whether a text inside the value, or a name, holds a NUL or half of a surrogate pair. */
export function isUnstorable(value: Json): boolean {
  if (typeof value === 'string') return value.includes('\0') || !value.isWellFormed();
  if (typeof value !== 'object' || value === null) return false;
  return Array.isArray(value)
    ? value.some(isUnstorable)
    : Object.entries(value).some(([name, inner]) => isUnstorable(name) || isUnstorable(inner));
}
