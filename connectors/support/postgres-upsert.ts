import type { SqlSession } from '../../model/connector.ts';
import { SqlRowFailure } from '../../model/sql-failure.ts';
import type { Column, Table } from './postgres-catalog.ts';
import { copyChunks } from './postgres-copy.ts';
import type { Rejected } from './postgres-markers.ts';
import { quoteName, quoteNames, quoteTable } from './postgres-names.ts';
import type { PostgresDestinationOptions } from './postgres-options.ts';
import { byFields, type Row, rejection } from './postgres-rows.ts';

/** After a row that cannot be copied, the rest is copied in pieces of this many rows, so that little is sent twice. */
const CAREFUL_ROWS = 256;

/** Tells where a refused row goes. */
type Refuse = (row: Row, outcome: Rejected) => void;

/**
 * Upserts the rows through temporary tables. Rows that the database refuses are found and handed to `refuse`;
 * all others are written. Runs inside the caller's transaction.
 */
export async function upsertRows(
  sql: SqlSession,
  options: PostgresDestinationOptions,
  table: Table,
  rows: readonly Row[],
  refuse: Refuse,
): Promise<void> {
  for (const [index, group] of byFields(rows).entries()) {
    const columns = group.fields.flatMap((field) => table.columns.get(field) ?? []);
    await upsertGroup(sql, { options, columns, stage: `pg_temp.syncline_stage_${index}`, rows: group.rows, refuse });
  }
}

interface Group {
  readonly options: PostgresDestinationOptions;
  readonly columns: readonly Column[];
  readonly stage: string;
  readonly rows: readonly Row[];
  readonly refuse: Refuse;
}

async function upsertGroup(sql: SqlSession, group: Group): Promise<void> {
  const names = quoteNames(group.columns.map(({ name }) => name));
  await sql.query(
    `CREATE TEMP TABLE ${group.stage.replace('pg_temp.', '')} ON COMMIT DROP AS
     SELECT 0::int AS "syncline row", ${names} FROM ${quoteTable(group.options.table)} WITH NO DATA`,
  );
  await copyRows(sql, group);
  await insertRange(sql, group, upsertStatement(group), 0, group.rows.length - 1);
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
      continue;
    }
    if (bad.at > start) await copy(sql, group, start, bad.at);
    refuseRow(group, bad.at, bad.failure);
    start = bad.at + 1;
    size = CAREFUL_ROWS;
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
  if (failure.fault.copyLine === undefined) throw failure;
  return { at: start + failure.fault.copyLine - 1, failure };
}

const copy = (sql: SqlSession, group: Group, start: number, end: number): Promise<void> =>
  sql.copyIn(
    `COPY ${group.stage} ("syncline row", ${quoteNames(group.columns.map(({ name }) => name))}) FROM STDIN`,
    copyChunks(group.rows.slice(start, end), group.columns, start),
  );

/** Runs a step in a savepoint. Answers the failure when one row was at fault; then the step is undone. */
async function rowFailure(sql: SqlSession, step: () => Promise<unknown>): Promise<SqlRowFailure | undefined> {
  await sql.query('SAVEPOINT syncline_step');
  try {
    await step();
  } catch (error) {
    if (!(error instanceof SqlRowFailure)) throw error;
    await sql.query('ROLLBACK TO SAVEPOINT syncline_step; RELEASE SAVEPOINT syncline_step');
    return error;
  }
  await sql.query('RELEASE SAVEPOINT syncline_step');
  return undefined;
}

function upsertStatement({ options, columns, stage }: Group): string {
  const names = quoteNames(columns.map(({ name }) => name));
  const changes = columns
    .filter(({ name }) => !options.key.includes(name))
    .map(({ name }) => `${quoteName(name)} = excluded.${quoteName(name)}`);
  return `INSERT INTO ${quoteTable(options.table)} (${names})
    SELECT ${names} FROM ${stage} WHERE "syncline row" BETWEEN $1::int AND $2::int
    ON CONFLICT (${quoteNames(options.key)}) DO ${changes.length === 0 ? 'NOTHING' : `UPDATE SET ${changes.join(', ')}`}`;
}

/** Writes the staged rows of a range; halves it until the rows at fault stand alone. */
async function insertRange(sql: SqlSession, group: Group, text: string, first: number, last: number): Promise<void> {
  const failure = await rowFailure(sql, () => sql.query(text, [first, last]));
  if (failure === undefined) return;
  const { column } = failure.fault;
  const concernsAll = column !== undefined && !group.columns.some(({ name }) => name === column);
  if (first === last || concernsAll) {
    for (let at = first; at <= last; at++) refuseRow(group, at, failure);
    return;
  }
  const middle = Math.floor((first + last) / 2);
  await insertRange(sql, group, text, first, middle);
  await insertRange(sql, group, text, middle + 1, last);
}

function refuseRow(group: Group, at: number, failure: SqlRowFailure): void {
  const row = group.rows[at];
  if (row !== undefined) group.refuse(row, rejection('RECORD_REJECTED', failure.message, failure.fault.column));
}
