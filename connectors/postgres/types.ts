import { z } from 'zod';

/**
 * What the values of a column are made of, as far as the form of their text matters. A domain is what it is over, over
 * however many domains. `modifier` is PostgreSQL's (pg_attribute.atttypmod): length, precision and scale; -1 for none.
 */
export type SqlType =
  | { readonly kind: 'plain'; readonly name: string; readonly modifier: number }
  | { readonly kind: 'list' | 'range' | 'multirange'; readonly part: SqlType }
  | { readonly kind: 'row'; readonly parts: readonly SqlType[] };

/** What PostgreSQL adds to a length or precision in a modifier. */
const HEADER = 4;

/** Characters of a `varchar(n)` or `char(n)`; undefined without a limit. */
export const lengthOf = (modifier: number): number | undefined => (modifier < HEADER ? undefined : modifier - HEADER);

/** Decimals that a `numeric(p,s)` keeps, below zero for powers of ten; undefined without a limit. */
export const scaleOf = (modifier: number): number | undefined =>
  modifier < HEADER ? undefined : (((modifier - HEADER) & 0x7ff) ^ 1024) - 1024;

/** Digits of a second that a time keeps: microseconds, unless its type says otherwise. */
export const secondDigitsOf = (modifier: number): number => (modifier < 0 ? 6 : modifier);

/**
 * The parts of the types of a table's columns, as a relation `part` to select from: `root` is the column's number, `path`
 * leads from it to the part. `$1` is the table.
 */
export const partsQuery = `WITH RECURSIVE part AS (
    SELECT a.attnum AS root, '{}'::int[] AS path, a.atttypid AS type, a.atttypmod AS modifier FROM pg_attribute a
    WHERE a.attrelid = to_regclass($1) AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
    UNION ALL
    SELECT part.root, part.path || below.place, below.type, below.modifier
    FROM part JOIN pg_type t ON t.oid = part.type CROSS JOIN LATERAL (
      SELECT 1 AS place, t.typbasetype AS type, t.typtypmod AS modifier WHERE t.typtype = 'd'
      UNION ALL SELECT 1, t.typelem, part.modifier WHERE t.typcategory = 'A' AND t.typtype <> 'd'
      UNION ALL SELECT 1, r.rngsubtype, -1 FROM pg_range r WHERE r.rngtypid = t.oid
      UNION ALL SELECT 1, r.rngsubtype, -1 FROM pg_range r
        WHERE t.typtype = 'm' AND (to_jsonb(r) ->> 'rngmultitypid')::oid = t.oid
      UNION ALL SELECT f.attnum::int, f.atttypid, f.atttypmod FROM pg_attribute f
        WHERE t.typtype = 'c' AND f.attrelid = t.typrelid AND f.attnum > 0 AND NOT f.attisdropped) AS below
  )`;

/** The parts of one column as JSON, from a relation `part` and `a`, its row of pg_attribute. */
export const partsOfColumn = `(
    SELECT json_agg(json_build_array(array_to_json(part.path), t.typname, t.typtype, t.typcategory, part.modifier)
      ORDER BY part.path)::text
    FROM part JOIN pg_type t ON t.oid = part.type WHERE part.root = a.attnum)`;

const partRow = z.tuple([z.array(z.int()), z.string(), z.string(), z.string(), z.int()]);
type PartRow = z.output<typeof partRow>;

/** The type that the parts of a column make. */
export function typeOf(parts: string): SqlType {
  const rows = z.array(partRow).parse(JSON.parse(parts));
  const isBelow = (path: readonly number[], other: readonly number[]): boolean =>
    other.length === path.length + 1 && path.every((place, index) => place === other[index]);
  const made = ([path, name, type, category, modifier]: PartRow): SqlType => {
    const below = rows.filter(([other]) => isBelow(path, other)).map(made);
    const [first] = below;
    if (first === undefined) return { kind: 'plain', name, modifier };
    if (type === 'd') return first;
    if (type === 'c') return { kind: 'row', parts: below };
    if (category === 'A') return { kind: 'list', part: first };
    return { kind: type === 'm' ? 'multirange' : 'range', part: first };
  };
  return rows[0] === undefined ? { kind: 'plain', name: '', modifier: -1 } : made(rows[0]);
}
