import type { SqlPool, SqlSession } from '../../index.ts';
import { quoteTable } from './names.ts';
import type { PostgresDestinationOptions } from './options.ts';

/** A key column, as far as it decides which texts are one value to PostgreSQL. */
export interface KeyColumn {
  readonly name: string;
  /** Of the type beneath all domains, such as `int4`. */
  readonly type: string;
  /** The most characters of a `varchar` or `char`; null: as many as there are. */
  readonly length: number | null;
  readonly typmod: number;
  readonly isEnum: boolean;
  /** Two texts are equal only when they are the same. */
  readonly deterministic: boolean;
  /** By which it tells texts apart; null: the database's own, or the type has none. */
  readonly collation: string | null;
}

const columnsQuery = `
  WITH RECURSIVE chain AS (
    SELECT a.attname::text AS name, a.atttypid AS type, a.atttypmod AS typmod, a.attcollation AS collation
    FROM pg_attribute a WHERE a.attrelid = to_regclass($1) AND a.attname = ANY ($2::text[]) AND NOT a.attisdropped
    UNION ALL
    SELECT c.name, t.typbasetype, CASE WHEN c.typmod < 0 THEN t.typtypmod ELSE c.typmod END, c.collation
    FROM chain c JOIN pg_type t ON t.oid = c.type WHERE t.typtype = 'd')
  SELECT c.name, t.typname::text AS type, c.typmod::int AS typmod, t.typtype = 'e' AS "isEnum",
    CASE WHEN t.typname IN ('varchar', 'bpchar') AND c.typmod > 4 THEN c.typmod::int - 4 END AS length,
    l.collisdeterministic IS NOT FALSE AS deterministic,
    CASE WHEN l.collname <> 'default' THEN quote_ident(n.nspname) || '.' || quote_ident(l.collname) END AS collation
  FROM chain c JOIN pg_type t ON t.oid = c.type LEFT JOIN pg_collation l ON l.oid = c.collation
    LEFT JOIN pg_namespace n ON n.oid = l.collnamespace
  WHERE t.typtype <> 'd'`;

/** The key columns in their order. Undefined where the table does not have them all. */
export async function readKeyColumns(
  sql: Pick<SqlSession, 'query'>,
  { table, key }: PostgresDestinationOptions,
): Promise<readonly KeyColumn[] | undefined> {
  const rows = await sql.query<KeyColumn>(columnsQuery, [quoteTable(table), key]);
  const columns = key.flatMap((name) => rows.find((row) => row.name === name) ?? []);
  return columns.length === key.length ? columns : undefined;
}

/** A table that is altered under way is seen after this long. */
const KEPT_MS = 60_000;

const kept = new WeakMap<SqlPool, Map<string, { readonly at: number; readonly columns: readonly KeyColumn[] }>>();

/** The same, remembered for a while: a batch of one record is not to pay for what nearly never changes. */
export async function keptKeyColumns(
  sql: SqlPool,
  options: PostgresDestinationOptions,
  read: () => Promise<readonly KeyColumn[] | undefined>,
): Promise<readonly KeyColumn[] | undefined> {
  const ofPool = kept.get(sql) ?? new Map();
  kept.set(sql, ofPool);
  const id = JSON.stringify([options.table, options.key]);
  const known = ofPool.get(id);
  if (known !== undefined && Date.now() - known.at < KEPT_MS) return known.columns;
  const columns = await read();
  if (columns !== undefined) ofPool.set(id, { at: Date.now(), columns });
  return columns;
}
