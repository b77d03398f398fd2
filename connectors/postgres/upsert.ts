import { SqlRightFailure, SqlRowFailure, type SqlSession } from '../../index.ts';
import type { Column, Table } from './catalog.ts';
import { copyChunks } from './copy.ts';
import { identityOfParts, rowIdentity } from './identity.ts';
import { insertRows } from './insert.ts';
import { readKeyColumns } from './key-columns.ts';
import type { Rejected } from './markers.ts';
import { moveOneByOne, upsertStatement } from './move.ts';
import { quoteNames, quoteTable } from './names.ts';
import type { PostgresDestinationOptions } from './options.ts';
import type { MadeKeys } from './respelt.ts';
import { byFields, type Row, rejection } from './rows.ts';
import { rowFailure } from './step.ts';

/** After a row that cannot be copied, the rest is copied in pieces of so many rows, so that little is sent twice. */
const careful = { least: 8, most: 512 };

/** Tells where a refused row goes. */
type Refuse = (row: Row, outcome: Rejected) => void;

/**
 * Upserts the rows: by COPY into the table where none of them is there yet (`areNew`: so it is believed), otherwise
 * through temporary tables. Rows that the database refuses are found and handed to `refuse`; all others are written.
 * Answers what rows are known by where a trigger may have changed their keys. Runs inside the caller's transaction.
 */
export async function upsertRows(
  sql: SqlSession,
  options: PostgresDestinationOptions,
  table: Table,
  rows: readonly Row[],
  { areNew, refuse }: { readonly areNew: boolean; readonly refuse: Refuse },
): Promise<MadeKeys> {
  const made = new Map<Row, string>();
  const keyColumns = table.respells ? await readKeyColumns(sql, options) : undefined;
  const returning = keyColumns && rowIdentity(keyColumns);
  for (const [index, group] of byFields(rows).entries()) {
    const columns = group.fields.flatMap((field) => table.columns.get(field) ?? []);
    if (areNew && !table.respells && (await insertRows(sql, options, table, columns, group.rows))) continue;
    const stage = `pg_temp.syncline_stage_${index}`;
    await upsertGroup(sql, { options, columns, stage, rows: group.rows, refuse, made, returning, unfit: new Set() });
  }
  return made;
}

interface Group {
  readonly options: PostgresDestinationOptions;
  readonly columns: readonly Column[];
  readonly stage: string;
  readonly rows: readonly Row[];
  readonly refuse: Refuse;
  readonly made: Map<Row, string>;
  /** Places of rows that could not be copied. */
  readonly unfit: Set<number>;
  /** Says what a row is known by; undefined where that is known before. */
  readonly returning: string | undefined;
}

async function upsertGroup(sql: SqlSession, group: Group): Promise<void> {
  const names = quoteNames(group.columns.map(({ name }) => name));
  await sql.query(
    `CREATE TEMP TABLE ${group.stage.replace('pg_temp.', '')} ON COMMIT DROP AS
     SELECT 0::int AS "syncline row", ${names} FROM ${quoteTable(group.options.table)} WITH NO DATA`,
  );
  await copyRows(sql, group);
  await moveRows(sql, group);
}

/** Copies all rows; those that do not fit their column's type are refused, and the others are in the stage at the end. */
async function copyRows(sql: SqlSession, group: Group): Promise<void> {
  let start = 0;
  let size = group.rows.length;
  while (start < group.rows.length) {
    const end = Math.min(start + size, group.rows.length);
    const bad = await tryCopy(sql, group, start, end);
    if (bad === undefined) {
      start = end;
      size = Math.min(size * 2, careful.most);
      continue;
    }
    if (bad.at > start) await copy(sql, group, start, bad.at);
    refuseRow(group, bad.at, bad.failure);
    group.unfit.add(bad.at);
    // A piece is about as long as the good rows between two bad ones.
    size = Math.min(Math.max(2 * (bad.at - start), careful.least), careful.most);
    start = bad.at + 1;
  }
}

async function tryCopy(
  sql: SqlSession,
  group: Group,
  start: number,
  end: number,
): Promise<{ at: number; failure: SqlRowFailure } | undefined> {
  const failure = await rowFailure(sql, () => copy(sql, group, start, end));
  if (failure === undefined) return undefined;
  if (!(failure instanceof SqlRowFailure) || failure.fault.copyLine === undefined) throw failure;
  return { at: start + failure.fault.copyLine - 1, failure };
}

const copy = (sql: SqlSession, group: Group, start: number, end: number): Promise<void> =>
  sql.copyIn(
    `COPY ${group.stage} ("syncline row", ${quoteNames(group.columns.map(({ name }) => name))}) FROM STDIN`,
    copyChunks(group.rows.slice(start, end), start),
  );

/**
 * Moves the staged rows into the table: all at once, or, when some are at fault, each for itself. A right that is missing
 * for every one of them is missing for the table.
 */
async function moveRows(sql: SqlSession, group: Group): Promise<void> {
  const { options, columns, stage, returning } = group;
  const names = quoteNames(columns.map(({ name }) => name));
  const order = returning === undefined ? '' : ' ORDER BY "syncline row"';
  const statement = upsertStatement(options, columns, `SELECT ${names} FROM ${stage}${order}`, returning);
  const failure = await rowFailure(sql, async () => {
    const rows = await sql.query<{ parts: string }>(statement);
    if (returning === undefined) return;
    // Rows come back as they were inserted. Of what a trigger dropped nothing comes back: then nobody knows which is which.
    const places = [...group.rows.keys()].filter((place) => !group.unfit.has(place));
    if (rows.length === places.length)
      for (const [index, { parts }] of rows.entries()) madeKey(group, places[index] ?? 0, parts);
  });
  if (failure === undefined) return;
  const moved = await moveOneByOne(sql, options, columns, stage, returning);
  if (failure instanceof SqlRightFailure && moved.refused.length === group.rows.length - group.unfit.size)
    throw failure;
  for (const { place, parts } of moved.made) madeKey(group, place, parts);
  for (const { place, message, column } of moved.refused) {
    const row = group.rows[place];
    if (row !== undefined) group.refuse(row, rejection('RECORD_REJECTED', message, column));
  }
}

function madeKey({ rows, made }: Group, place: number, parts: string): void {
  const row = rows[place];
  if (row !== undefined) made.set(row, identityOfParts(parts));
}

function refuseRow(group: Group, at: number, failure: SqlRowFailure): void {
  const row = group.rows[at];
  if (row !== undefined) group.refuse(row, rejection('RECORD_REJECTED', failure.message, failure.fault.column));
}
