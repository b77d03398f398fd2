import { z } from 'zod';
import { type Json, keyOf } from '../../index.ts';
import { quoteName, quoteNames, quoteTable } from './names.ts';
import type { PostgresSourceOptions } from './options.ts';

/**
 * A table is read in passes, each paged by what sorts it, so that no row is skipped by a comparison with null:
 * - `unversioned`: rows without a version, by key; only in a full read
 * - `rows`: by version and key, or by key alone
 * - `keyless`: rows with an empty key column, in one page; they are read to be counted and set aside
 */
const pass = z.enum(['unversioned', 'rows', 'keyless']);
export type Pass = z.output<typeof pass>;

/** `after` holds the last row's version and key as text; null at the start of a pass. */
export const place = z.strictObject({ pass, after: z.array(z.string()).nullable() });
export type Place = z.output<typeof place>;

export type Since = string | number | null;

export interface Statement {
  readonly text: string;
  readonly values: readonly (string | number)[];
}

export const firstPass = (options: PostgresSourceOptions, since: Since): Pass =>
  options.version !== undefined && since === null ? 'unversioned' : 'rows';

export const nextPass = (current: Pass): Pass | null =>
  current === 'unversioned' ? 'rows' : current === 'rows' ? 'keyless' : null;

/** The columns that sort a pass. The key breaks ties between equal versions. */
export const sortColumns = (options: PostgresSourceOptions, current: Pass): readonly string[] =>
  current === 'rows' && options.version !== undefined ? [options.version, ...options.key] : options.key;

/** Rows that sort alike, beyond a page's own: they share a page, whose size has to end somewhere. */
export const MOST_ALIKE = 10_000;

/**
 * One page as rows `{ record, found, as_of }`: `record` is the row as JSON text, `found` counts the rows before the cut
 * by size, `as_of` of the first row is the clock of the database in ms. Keyset paging: never OFFSET, which skips rows when
 * others are deleted meanwhile. A page ends between two rows that sort differently: the next one begins after the sort
 * values, and would skip those that sort alike (a key need not be unique in a view). `asBytes`: `record` comes as
 * bytes in base64, in a database without an encoding, where some rows are no text to anybody else.
 */
export function pageStatement(
  options: PostgresSourceOptions,
  at: Place,
  since: Since,
  { asBytes = false } = {},
): Statement {
  const values: (string | number)[] = [];
  const bind = (value: string | number): string => `$${values.push(value)}`;
  const record = asBytes ? `encode(convert_to(record, 'SQL_ASCII'), 'base64')` : 'record';
  const sort = sortColumns(options, at.pass);
  const order = sort.map(column).join(', ');
  const where = [...passConditions(options, at.pass)];
  if (since !== null && options.version !== undefined) where.push(`${column(options.version)} >= ${bind(since)}`);
  if (at.after !== null) where.push(`(${order}) > (${at.after.map(bind).join(', ')})`);
  const text = `WITH page AS (
    SELECT * FROM (
      SELECT row_to_json(t.*)::text AS record, rank() OVER (ORDER BY ${order}) AS place
      FROM (${rowsOf(options)}) AS t WHERE ${where.join(' AND ')} ORDER BY ${order}
      FETCH FIRST ${options.pageRecords} ROWS WITH TIES
    ) AS whole LIMIT ${options.pageRecords + MOST_ALIKE}
  ), sized AS (
    SELECT record, place, count(*) OVER () AS found,
      sum(octet_length(record)) OVER (ORDER BY place) - sum(octet_length(record)) OVER (PARTITION BY place) AS bytes_before
    FROM page
  )
  SELECT ${record} AS record, found::int AS found,
    CASE WHEN place = 1 THEN extract(epoch FROM now()) * 1000 END::float8 AS as_of
  FROM sized WHERE bytes_before < ${options.pageBytes} ORDER BY place`;
  return { text, values };
}

/** Whether a pass has any row: saves an empty last page. */
export function anyStatement(options: PostgresSourceOptions, current: Pass, since: Since): Statement {
  const values: (string | number)[] = [];
  const where = [...passConditions(options, current)];
  if (since !== null && options.version !== undefined)
    where.push(`${column(options.version)} >= $${values.push(since)}`);
  return {
    text: `SELECT EXISTS (SELECT FROM (${rowsOf(options)}) AS t WHERE ${where.join(' AND ')}) AS found`,
    values,
  };
}

/** Rows by the values of these columns, as `{ record }`. Values are texts that PostgreSQL reads as the column's type. */
export function keysStatement(
  options: PostgresSourceOptions,
  columns: readonly string[],
  keys: readonly (readonly string[])[],
): { readonly text: string; readonly values: readonly unknown[] } {
  const values: unknown[] = [];
  const bind = (value: unknown): string => `$${values.push(value)}`;
  const [only = ''] = columns;
  const where =
    columns.length === 1
      ? `${column(only)} = ANY (${bind(keys.map(([part]) => part))})`
      : keys.map((parts) => columns.map((name, n) => `${column(name)} = ${bind(parts[n])}`).join(' AND ')).join(' OR ');
  return { text: `SELECT row_to_json(t.*)::text AS record FROM (${rowsOf(options)}) AS t WHERE ${where}`, values };
}

/** Names that a row, given as JSON, has more than once, as `{ name }`. A query may have such columns; a table has none. */
export const repeatedStatement = (record: string): Statement => ({
  text: 'SELECT name FROM json_object_keys($1::json) AS k (name) GROUP BY name HAVING count(*) > 1 ORDER BY name',
  values: [record],
});

/** The row is `t.*`, never `t`: that may be a column. */
const column = (name: string): string => `t.${quoteName(name)}`;

function passConditions({ key, version }: PostgresSourceOptions, current: Pass): readonly string[] {
  const keyed = key.map((name) => `${column(name)} IS NOT NULL`);
  if (current === 'keyless') return [`(${key.map((name) => `${column(name)} IS NULL`).join(' OR ')})`];
  if (current === 'unversioned' && version !== undefined) return [...keyed, `${column(version)} IS NULL`];
  return version === undefined ? keyed : [...keyed, `${column(version)} IS NOT NULL`];
}

function rowsOf({ table, query, columns }: PostgresSourceOptions): string {
  const names = columns === undefined ? '*' : quoteNames(columns);
  if (query !== undefined) return `SELECT ${names} FROM (${query.trim().replace(/;$/, '')}\n) AS q`;
  return `SELECT ${names} FROM ${quoteTable(table ?? '')}`;
}

/** The place after a record: its sort values as text, exact since `record` was decoded exactly. */
export const placeAfter = (current: Pass, sort: readonly string[], record: Json | undefined): Place => ({
  pass: current,
  after: sort.map((name) => sortText(record, name)),
});

/** What a record has in a column that sorts, as text. */
export function sortText(record: Json | undefined, name: string): string {
  const value: unknown = typeof record === 'object' && record !== null ? Reflect.get(record, name) : undefined;
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

/** How many records of a page have the key of another one: only among rows that sort alike, which lie side by side. */
export function repeatsIn(records: readonly Json[], sort: readonly string[], key: readonly string[]): number {
  if (key.length === 0) return 0;
  let repeats = 0;
  let keys = new Set<string>();
  for (const [index, record] of records.entries()) {
    const before = records[index - 1];
    if (before === undefined || sort.some((name) => sortText(record, name) !== sortText(before, name))) {
      if (keys.size > 0) keys = new Set();
      continue;
    }
    for (const one of keys.size === 0 ? [before, record] : [record]) {
      const found = keyOf(one, key);
      if (!('key' in found)) continue;
      if (keys.has(found.key)) repeats++;
      keys.add(found.key);
    }
  }
  return repeats;
}
