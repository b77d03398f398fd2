/** A quoted part with its escapes, or a character that ends nothing. */
const fieldPart = /"(?:[^"\\]|\\.|"")*"|\\.|[^,"\\]/gs;

/**
 * The fields of a row or range as PostgreSQL writes them (manual, 8.16.2 and 8.17.5): `("a b",,2)`, `[2024-01-01,)`.
 * Empty text for one that is left out. Undefined for what has no such brackets.
 */
export function fieldsOf(literal: string): readonly string[] | undefined {
  const inside = /^\s*[[(](.*)[\])]\s*$/s.exec(literal)?.[1];
  if (inside === undefined) return undefined;
  const fields = [''];
  let at = 0;
  for (const part of inside.matchAll(fieldPart)) {
    fields.push(...Array.from({ length: commasIn(inside.slice(at, part.index)) }, () => ''));
    fields.push(`${fields.pop() ?? ''}${plain(part[0])}`);
    at = part.index + part[0].length;
  }
  fields.push(...Array.from({ length: commasIn(inside.slice(at)) }, () => ''));
  return fields.map((field) => field.trim());
}

const commasIn = (text: string): number => text.split(',').length - 1;

const plain = (part: string): string =>
  (part.startsWith('"') ? part.slice(1, -1).replaceAll('""', '"') : part).replace(/\\(.)/gs, '$1');

/** The ranges of a multirange (`{[1,2),[5,7)}`). */
export const rangesOf = (literal: string): readonly string[] =>
  literal.match(/[[(](?:"(?:[^"\\]|\\.|"")*"|[^"\])])*[\])]/g) ?? [];

/** The elements of an array, of whatever depth (`{1,NULL,{"a b"}}`), without those that are null. */
export const elementsOf = (literal: string): readonly string[] =>
  (literal.match(/"(?:[^"\\]|\\.)*"|[^{},"\s](?:[^{},"]*[^{},"\s])?/g) ?? [])
    .filter((element) => element.toUpperCase() !== 'NULL')
    .map(plain);
