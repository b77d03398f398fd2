import { isUtf8 } from 'node:buffer';
import { isSyncFailure, type Json, type SqlPool, SyncFailure } from '../../index.ts';
import { decodeJsonPage, jsonPage } from '../common/json-page.ts';
import type { PostgresSourceOptions } from './options.ts';
import { type Place, pageStatement, type Since, sortColumns, sortText } from './pages.ts';

/** The rows of one page. */
export interface PageRows {
  readonly body: Buffer;
  /** One for each row; a text that says what is wrong with it in the place of a row that is no text. */
  readonly records: readonly Json[];
  /** The same as far as they can be read, to know where the next page begins. */
  readonly readable: readonly Json[];
  /** JSON of the first row. */
  readonly first: string | undefined;
  /** Rows before the cut by size. */
  readonly found: number;
  /** The clock of the database, in ms. */
  readonly asOfMs: number | undefined;
}

interface Row<Record> {
  readonly record: Record;
  readonly found: number;
  readonly as_of: number | null;
}

/**
 * Reads them. A database of the encoding `SQL_ASCII` takes any bytes, and refuses to give a page as text when some of them
 * are no UTF-8: it is asked for bytes then, and such a row is set aside (`NOT_A_RECORD`) instead of holding all others.
 * https://www.postgresql.org/docs/current/multibyte.html
 */
export async function pageRows(
  sql: SqlPool,
  options: PostgresSourceOptions,
  at: Place,
  since: Since,
): Promise<PageRows> {
  try {
    const { text, values } = pageStatement(options, at, since);
    const rows = await sql.query<Row<string>>(text, values);
    const body = jsonPage(rows.map(({ record }) => record));
    const records = decodeJsonPage(body);
    return { body, records, readable: records, ...firstOf(rows) };
  } catch (error) {
    if (!isRowFault(error)) throw error;
    const [found] = await sql.query<{ server_encoding: string }>('SHOW server_encoding');
    if (found?.server_encoding !== 'SQL_ASCII') throw unreadable(error);
  }
  try {
    return await rowsFromBytes(sql, options, at, since);
  } catch (error) {
    throw isRowFault(error) ? unreadable(error) : error;
  }
}

async function rowsFromBytes(sql: SqlPool, options: PostgresSourceOptions, at: Place, since: Since): Promise<PageRows> {
  const { text, values } = pageStatement(options, at, since, { asBytes: true });
  const found = await sql.query<Row<string>>(text, values);
  const rows = found.map(({ record, ...rest }) => ({ ...rest, record: Buffer.from(record, 'base64') }));
  const readable = decodeJsonPage(jsonPage(rows.map(({ record }) => record.toString('utf8'))));
  const sort = sortColumns(options, at.pass);
  const texts = rows.map(({ record }, place) =>
    isUtf8(record) ? record.toString('utf8') : JSON.stringify(wordsOf(readable[place], sort)),
  );
  const body = jsonPage(texts);
  return { body, records: decodeJsonPage(body), readable, ...firstOf(rows) };
}

const firstOf = ([row]: readonly Row<string | Buffer>[]) => ({
  first: row?.record.toString(),
  found: row?.found ?? 0,
  asOfMs: row?.as_of ?? undefined,
});

/** What stands in the place of a row that is no text, by which a person finds it. */
function wordsOf(readable: Json | undefined, sort: readonly string[]): string {
  const where = sort.map((name) => `${name} ${sortText(readable, name)}`).join(', ');
  return `a row with bytes that are not UTF-8: ${where}`;
}

const isRowFault = (error: unknown): error is SyncFailure => isSyncFailure(error) && error.code === 'RECORD_REJECTED';

/** A statement that only reads has no record to refuse: a row cannot be given as it is, and which one is not known. */
const unreadable = (error: SyncFailure): SyncFailure =>
  new SyncFailure('SQL_REJECTED', `a row of the source cannot be read: ${error.message}`, {
    effect: 'none',
    cause: error,
  });
