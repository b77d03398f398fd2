import {
  type Json,
  type KeysRequest,
  type Notice,
  type Page,
  pathSteps,
  type ReadRequest,
  type Source,
  type SqlPool,
  SyncFailure,
} from '../../index.ts';
import { decodeJsonPage, jsonPage } from '../common/json-page.ts';
import type { PostgresSourceOptions } from './options.ts';
import { pageRows } from './page-rows.ts';
import {
  anyStatement,
  firstPass,
  keysStatement,
  MOST_ALIKE,
  nextPass,
  type Pass,
  type Place,
  place,
  placeAfter,
  repeatedStatement,
  repeatsIn,
  type Since,
  sortColumns,
} from './pages.ts';

/** Reads a table or query page by page; each page is one statement, so that no transaction stays open. */
export function postgresSource(database: () => Promise<SqlPool>, options: PostgresSourceOptions): Source {
  return {
    can: {
      incremental: options.version !== undefined,
      provesEnd: true,
      ordered: options.version !== undefined,
      ...(options.epoch && { epoch: options.epoch }),
    },
    decode: decodeJsonPage,
    read: (request) => pages(database, options, request),
    readKeys: (request) => readKeys(database, options, request),
  };
}

/** PostgreSQL takes 65,535 values in one statement at the most. */
const KEYS_AT_ONCE = 500;

/** Null for a key that is not made of columns. */
async function readKeys(
  database: () => Promise<SqlPool>,
  options: PostgresSourceOptions,
  { fields, keys, signal }: KeysRequest,
): Promise<readonly Json[] | null> {
  const columns = fields.flatMap((field) => (pathSteps(field).length === 1 ? pathSteps(field) : []));
  if (columns.length < fields.length) return null;
  const sql = await database();
  const records: Json[] = [];
  for (let at = 0; at < keys.length; at += KEYS_AT_ONCE) {
    signal.throwIfAborted();
    const { text, values } = keysStatement(options, columns, keys.slice(at, at + KEYS_AT_ONCE));
    const rows = await sql.query<{ record: string }>(text, values);
    records.push(...decodeJsonPage(jsonPage(rows.map(({ record }) => record))));
  }
  return records;
}

async function* pages(
  database: () => Promise<SqlPool>,
  options: PostgresSourceOptions,
  { position, since, signal, key = [] }: ReadRequest,
): AsyncIterable<Page> {
  const sql = await database();
  const load = (at: Place): Promise<LoadedPage> => loadPage(sql, options, at, since, key);
  let pending = load(position === null ? { pass: firstPass(options, since), after: null } : place.parse(position));
  let repeats = 0;
  for (;;) {
    signal.throwIfAborted();
    const { page, repeats: more } = await pending;
    signal.throwIfAborted();
    if (page.next !== null) {
      // The server works on the next page while the engine works on this one.
      pending = load(place.parse(page.next));
      pending.catch(() => undefined);
    }
    repeats += more;
    yield more === 0 ? page : { ...page, notices: [keysRepeat(key, repeats)] };
    if (page.next === null) return;
  }
}

interface LoadedPage {
  readonly page: Page;
  /** Records with the key of another one. */
  readonly repeats: number;
}

async function loadPage(
  sql: SqlPool,
  options: PostgresSourceOptions,
  at: Place,
  since: Since,
  key: readonly string[],
): Promise<LoadedPage> {
  const { body, records, readable, first, found, asOfMs } = await pageRows(sql, options, at, since);
  const full = records.length < found || records.length >= options.pageRecords;
  if (records.length === 0 && at.pass === 'unversioned')
    return loadPage(sql, options, { pass: 'rows', after: null }, since, key);
  if (full && at.pass === 'keyless') throw tooManyKeyless(options);
  const sort = sortColumns(options, at.pass);
  if (found >= options.pageRecords + MOST_ALIKE) throw tooManyAlike(sort);
  if (isFirst(at)) await refuseRepeatedColumns(sql, options, first);
  const repeats = repeatsIn(readable, sort, key);
  const content = { body, records, ...(asOfMs !== undefined && { asOfMs }) };
  if (full) return { page: { ...content, next: { ...placeAfter(at.pass, sort, readable.at(-1)) } }, repeats };
  const next = await followingPass(sql, options, at.pass, since);
  return { page: { ...content, next: next === null ? null : { pass: next, after: null } }, repeats };
}

const keysRepeat = (key: readonly string[], records: number): Notice => ({
  code: 'KEYS_REPEAT',
  subject: key.join(', '),
  records,
  detail: `${records} rows have the key of another one`,
});

const isFirst = ({ after }: Place): boolean => after === null;

/** Of two columns with one name, a record could keep one only. */
async function refuseRepeatedColumns(
  sql: SqlPool,
  { query }: PostgresSourceOptions,
  record: string | undefined,
): Promise<void> {
  if (query === undefined || record === undefined) return;
  const { text, values } = repeatedStatement(record);
  const names = (await sql.query<{ name: string }>(text, values)).map(({ name }) => name);
  if (names.length === 0) return;
  throw new SyncFailure(
    'SQL_REJECTED',
    `the query has several columns named ${names.join(', ')}: give each a name of its own, such as \`o.${names[0]} AS order_${names[0]}\``,
    { effect: 'none' },
  );
}

async function followingPass(
  sql: SqlPool,
  options: PostgresSourceOptions,
  current: Pass,
  since: Since,
): Promise<Pass | null> {
  const next = nextPass(current);
  if (next === null) return null;
  const { text, values } = anyStatement(options, next, since);
  const [answer] = await sql.query<{ found: boolean }>(text, values);
  return answer?.found === true ? next : followingPass(sql, options, next, since);
}

const tooManyKeyless = (options: PostgresSourceOptions): SyncFailure =>
  new SyncFailure(
    'SQL_REJECTED',
    `more rows than one page (${options.pageRecords}) have an empty key column (${options.key.join(', ')})`,
  );

const tooManyAlike = (columns: readonly string[]): SyncFailure =>
  new SyncFailure(
    'SQL_REJECTED',
    `more than ${MOST_ALIKE} rows are alike in all columns that they are read by (${columns.join(', ')})`,
  );
