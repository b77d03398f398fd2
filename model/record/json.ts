/** A value as JSON can carry it. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** A record as a source gave it: an object of JSON values. */
export type JsonRecord = { readonly [key: string]: Json };

export const isRecord = (value: unknown): value is JsonRecord =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** What stands in a JSON text; undefined when it is none. */
export function jsonIn(text: string): Json | undefined {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/**
 * Reads a value by path: `id`, or a JSON pointer (RFC 6901) such as `/customer/email`.
 * Undefined when any step is absent. Own properties only, so `__proto__` finds nothing.
 */
export function valueAt(record: Json | undefined, path: string): Json | undefined {
  // A name is what nearly every path is.
  if (path !== '' && path[0] !== '/') return fieldAt(record, path);
  let value: Json | undefined = record;
  for (const step of pathSteps(path)) {
    value = fieldAt(value, step);
    if (value === undefined) return undefined;
  }
  return value;
}

function fieldAt(value: Json | undefined, name: string): Json | undefined {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
  return (value as Record<string, Json>)[name];
}

const stepsByPath = new Map<string, readonly string[]>();

function pathSteps(path: string): readonly string[] {
  const known = stepsByPath.get(path);
  if (known) return known;
  const steps =
    path === ''
      ? []
      : path
          .slice(1)
          .split('/')
          .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));
  stepsByPath.set(path, steps);
  return steps;
}
