import type { SqlSession } from '../../index.ts';
import type { Column, Table } from './catalog.ts';
import { copyChunks } from './copy.ts';
import { keyArrays, keyMatch, keyRelation } from './keys.ts';
import { upsertStatement } from './move.ts';
import { quoteNames, quoteTable } from './names.ts';
import type { PostgresDestinationOptions } from './options.ts';
import type { Row } from './rows.ts';
import { rowFailure } from './step.ts';

/** Keys of a request that are looked for first: where some are there already, most are, and COPY would be in vain. */
const LOOKED_FOR = 16;

/**
 * Copies rows straight into the table: half of what an upsert through a temporary table costs PostgreSQL. Answers false
 * where that cannot be, or one of them is there or is refused: then nothing was written, and the rows have to be upserted.
 */
export async function insertRows(
  sql: SqlSession,
  options: PostgresDestinationOptions,
  table: Table,
  columns: readonly Column[],
  rows: readonly Row[],
): Promise<boolean> {
  const names = quoteNames(columns.map(({ name }) => name));
  let copied = false;
  const failure = await rowFailure(sql, async () => {
    if (!(await mayCopy(sql, options, table, rows))) return;
    // An upsert of nothing: the table has the unique index on the key that keeps out what comes twice.
    await sql.query(upsertStatement(options, columns, `SELECT ${names} FROM ${quoteTable(options.table)} WHERE false`));
    await sql.copyIn(`COPY ${quoteTable(options.table)} (${names}) FROM STDIN`, copyChunks(rows));
    copied = true;
  });
  return copied && failure === undefined;
}

/** A plain table in which COPY does what INSERT does, and none of some of the keys. */
async function mayCopy(
  sql: SqlSession,
  options: PostgresDestinationOptions,
  table: Table,
  rows: readonly Row[],
): Promise<boolean> {
  const step = Math.max(1, Math.floor(rows.length / LOOKED_FOR));
  const some = rows.flatMap(({ key }, index) => (index % step === 0 ? [key] : []));
  const [found] = await sql.query<{ free: boolean }>(
    `SELECT c.relkind IN ('r', 'p') AND NOT c.relhasrules AND NOT row_security_active(c.oid) AND NOT EXISTS (
       SELECT FROM ${keyRelation(options, table)} JOIN ${quoteTable(options.table)} AS t ON ${keyMatch(options)}) AS free
     FROM pg_class c WHERE c.oid = to_regclass($${options.key.length + 1})`,
    [...keyArrays(some, options.key.length), quoteTable(options.table)],
  );
  return found?.free === true;
}
