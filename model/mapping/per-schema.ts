import type { Schema } from './schema.ts';

/** Makes something of a schema at its first use, and keeps it as long as the schema. */
export function perSchema<S extends Schema, T>(make: (schema: S) => T): (schema: S) => T {
  const known = new WeakMap<S, { readonly made: T }>();
  return (schema) => {
    const found = known.get(schema);
    if (found !== undefined) return found.made;
    const made = make(schema);
    known.set(schema, { made });
    return made;
  };
}
