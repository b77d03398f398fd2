/**
 * Array literals (PostgreSQL manual, 8.15.2) for parameters of many thousand values: a third of the time that the driver
 * takes to write an array, as it looks at each value anew.
 */

/** Of texts. */
export function textArray(values: readonly (string | null)[]): string {
  let literal = '{';
  for (const value of values) {
    if (literal.length > 1) literal += ',';
    literal += value === null ? 'NULL' : `"${special.test(value) ? value.replace(allSpecial, '\\$&') : value}"`;
  }
  return `${literal}}`;
}

const special = /["\\]/;
const allSpecial = /["\\]/g;

/** Of values that need no quotes: whole numbers, and hashes in hexadecimal. */
export function plainArray(values: readonly (string | number | null)[]): string {
  let literal = '{';
  for (const value of values) literal += literal.length > 1 ? `,${value ?? 'NULL'}` : (value ?? 'NULL');
  return `${literal}}`;
}
