import { SqlRowFailure, type SqlSession } from '../../index.ts';
import { keyParts } from '../common/destination-key.ts';
import type { Column, Table } from './catalog.ts';
import { quoteName, quoteTable } from './names.ts';
import type { PostgresDestinationOptions } from './options.ts';

/** A list of keys as a relation `k` with columns p0, p1, … of the table's types and `place`, from arrays of texts. */
export function keyRelation(options: PostgresDestinationOptions, table: Table): string {
  const arrays = options.key.map((_, index) => `$${index + 1}::text[]`);
  const parts = options.key.map((_, index) => `p${index}`);
  const typed = options.key.map((name, index) => `p${index}::${table.columns.get(name)?.type ?? 'text'} AS p${index}`);
  return `(SELECT ${typed.join(', ')}, place
    FROM unnest(${arrays.join(', ')}) WITH ORDINALITY AS u(${parts.join(', ')}, place)) AS k`;
}

export const keyMatch = (options: PostgresDestinationOptions): string =>
  options.key.map((name, index) => `t.${quoteName(name)} = k.p${index}`).join(' AND ');

/** The parts of the keys, column by column; undefined parts make a key that matches nothing. */
export const keyArrays = (keys: readonly string[], fields: number): readonly (readonly (string | null)[])[] => {
  const parts = keys.map((key) => keyParts(key, fields));
  return Array.from({ length: fields }, (_, index) => parts.map((part) => part?.[index] ?? null));
};

/**
 * Deletes rows by key. Answers the keys that could not be deleted, such as rows that others refer to. A key that is
 * absent, or is no value of the column's type, needs no deleting.
 */
export async function deleteKeys(
  sql: SqlSession,
  options: PostgresDestinationOptions,
  table: Table,
  keys: readonly string[],
): Promise<ReadonlyMap<string, SqlRowFailure>> {
  const text = `DELETE FROM ${quoteTable(options.table)} AS t USING ${keyRelation(options, table)} WHERE ${keyMatch(options)}`;
  const refused = new Map<string, SqlRowFailure>();
  await halving(sql, keys, async (some) => void (await sql.query(text, keyArrays(some, options.key.length))), refused);
  return new Map([...refused].filter(([, failure]) => failure.fault.constraint !== undefined));
}

/** Works on all keys or values at once, and on ever fewer where some are refused, until those are alone. */
export async function halving(
  sql: SqlSession,
  keys: readonly string[],
  step: (keys: readonly string[]) => Promise<void>,
  refused: Map<string, SqlRowFailure>,
): Promise<void> {
  if (keys.length === 0) return;
  await sql.query('SAVEPOINT syncline_keys');
  try {
    await step(keys);
    await sql.query('RELEASE SAVEPOINT syncline_keys');
    return;
  } catch (error) {
    if (!(error instanceof SqlRowFailure)) throw error;
    await sql.query('ROLLBACK TO SAVEPOINT syncline_keys; RELEASE SAVEPOINT syncline_keys');
    const [only, ...others] = keys;
    if (only !== undefined && others.length === 0) {
      refused.set(only, error);
      return;
    }
  }
  const middle = Math.floor(keys.length / 2);
  await halving(sql, keys.slice(0, middle), step, refused);
  await halving(sql, keys.slice(middle), step, refused);
}

/** The spaces with which `char(n)` fills a text up are none of its own (PostgreSQL manual, 8.3). */
export const shownSql = (value: string, column: Column | undefined): string =>
  column?.type.startsWith('character(') ? `${value}::text` : value;

/** The rows with these keys as JSON text, by key as asked for. Keys that no row has are left out. */
export async function readKeys(
  sql: SqlSession,
  options: PostgresDestinationOptions,
  table: Table,
  keys: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const names = options.columns === undefined ? [...table.columns.keys()] : Object.keys(options.columns);
  const columns = names
    .map((name) => `${shownSql(`t.${quoteName(name)}`, table.columns.get(name))} AS ${quoteName(name)}`)
    .join(', ');
  // The limit has each key found by the index: the planner would rather read the whole table for some thousand keys.
  const text = `SELECT k.place::int AS place, r.record
    FROM ${keyRelation(options, table)} CROSS JOIN LATERAL
      (SELECT (SELECT row_to_json(r.*) FROM (SELECT ${columns}) AS r)::text AS record
       FROM ${quoteTable(options.table)} AS t WHERE ${keyMatch(options)} LIMIT 1) AS r`;
  const found = new Map<string, string>();
  const step = async (some: readonly string[]): Promise<void> => {
    const rows = await sql.query<{ place: number; record: string }>(text, keyArrays(some, options.key.length));
    for (const { place, record } of rows) found.set(some[place - 1] ?? '', record);
  };
  await halving(sql, keys, step, new Map());
  return found;
}
