import { hash } from 'node:crypto';
import { Pool, type PoolClient, type QueryConfig, type QueryResultRow } from 'pg';
import { errorCode } from '../../../model/failure/error-code.ts';
import { isSyncFailure, SyncFailure } from '../../../model/failure/failure.ts';
import { LEDGER_SCHEMA } from '../../../model/names.ts';
import { surviveLostConnections } from '../../transports/sql/lost-connections.ts';
import { whyUnavailable } from './unavailable.ts';

/** A prepared statement may have been planned when its tables were small. */
const PLANS_KEPT_SECONDS = 300;

/** The ledger's own connections. `max` bounds what one worker takes of the database; `options` are PostgreSQL's. */
export function ledgerPool(databaseUrl: string, max = 8, options = ''): Pool {
  const pool = new Pool({
    connectionString: databaseUrl,
    max,
    connectionTimeoutMillis: 10_000,
    maxLifetimeSeconds: PLANS_KEPT_SECONDS,
    // Over ten thousand keys a statement looks dear to the planner: compiling it would take longer than running it.
    options: `-c search_path=${LEDGER_SCHEMA} -c application_name=syncline -c jit=off ${options}`,
  });
  surviveLostConnections(pool);
  return pool;
}

/**
 * A database error as a failure: says which statement failed and never what values it carried (invariant 8), so the
 * message of an error is looked at and not passed on.
 */
export function ledgerFailure(error: unknown, what: string): SyncFailure {
  if (isSyncFailure(error)) return error;
  const code = errorCode(error);
  const why = code === undefined ? undefined : whyUnavailable(code);
  if (why !== undefined) return new SyncFailure('LEDGER_UNAVAILABLE', `${what}: ${why}`, { cause: error });
  if (code !== undefined) return new SyncFailure('INTERNAL', `${what}: PostgreSQL ${code}`, { cause: error });
  const name = error instanceof Error ? error.name : typeof error;
  return lostConnection.test(error instanceof Error ? error.message : '')
    ? new SyncFailure('LEDGER_UNAVAILABLE', `${what}: the connection was lost`, { cause: error })
    : new SyncFailure('INTERNAL', `${what}: ${name}`, { cause: error });
}

/** `pg` gives these errors no code. */
const lostConnection = /connection terminated|timeout exceeded|not queryable|after calling end/i;

export async function query<Row extends QueryResultRow>(
  sql: Pool | PoolClient,
  what: string,
  text: string,
  values: readonly unknown[] = [],
): Promise<Row[]> {
  try {
    return (await sql.query<Row>(text, [...values])).rows;
  } catch (error) {
    throw ledgerFailure(error, what);
  }
}

/**
 * A statement that each connection plans once: for a tiny one that is most of what it costs. Only for rows that are found
 * by their key, or written: one over a list, or over all rows of a sync, has to be planned for what it meets.
 */
export const prepared = (text: string, values: readonly unknown[]): QueryConfig => ({
  name: nameOf(text),
  text,
  values: [...values],
});

/** What each connection calls a statement that it has planned. */
export function nameOf(text: string): string {
  const name = names.get(text) ?? hash('sha256', text, 'hex').slice(0, 24);
  names.set(text, name);
  return name;
}

/** By their text: each text stands in the code. */
const names = new Map<string, string>();

/** A prepared statement by itself. */
export async function ask<Row extends QueryResultRow>(
  sql: Pool | PoolClient,
  what: string,
  text: string,
  values: readonly unknown[],
): Promise<Row[]> {
  try {
    return (await sql.query<Row>(prepared(text, values))).rows;
  } catch (error) {
    throw ledgerFailure(error, what);
  }
}

/** One transaction on one connection. A connection that failed is thrown away, so that a broken one never returns. */
export async function transaction<T>(pool: Pool, what: string, work: (sql: PoolClient) => Promise<T>): Promise<T> {
  const client = await connect(pool, what);
  try {
    await client.query('begin');
    const result = await work(client);
    await client.query('commit');
    client.release();
    return result;
  } catch (error) {
    await client.query('rollback').catch(() => {});
    // A failure with a cause came from PostgreSQL, or from the way to it.
    client.release(!(error instanceof SyncFailure) || error.cause !== undefined);
    throw ledgerFailure(error, what);
  }
}

/** A transaction whose statements are planned without nested loops, or without sorting. */
const transactionWithout = <T>(
  way: 'nestloop' | 'sort',
  pool: Pool,
  what: string,
  work: (sql: PoolClient) => Promise<T>,
): Promise<T> =>
  transaction(pool, what, async (sql) => {
    await sql.query(`set local enable_${way} = off`);
    return work(sql);
  });

/**
 * For a statement that joins sets whose size the planner cannot know: a ledger that was just filled has no statistics, and
 * a list in an array never has. Taken for a few rows they are joined row by row, which for 20,000 records takes half a
 * minute, and for ten times as many an hour.
 */
export const joiningSets = <T>(pool: Pool, what: string, work: (sql: PoolClient) => Promise<T>): Promise<T> =>
  transactionWithout('nestloop', pool, what, work);

/** A query for a page in the order of an index: taken for a few rows, all that is left is read and sorted for each page. */
export const queryInOrder = <Row extends QueryResultRow>(
  pool: Pool,
  what: string,
  text: string,
  values: readonly unknown[],
): Promise<Row[]> => transactionWithout('sort', pool, what, (sql) => query<Row>(sql, what, text, values));

/** A connection of its own, to be released. */
export async function connect(pool: Pool, what: string): Promise<PoolClient> {
  try {
    return await pool.connect();
  } catch (error) {
    throw ledgerFailure(error, what);
  }
}

/** Invariant 7, one writer: refuses when the fence of the sync has risen past the writer's. */
export async function holdFence(sql: Pool | PoolClient, syncId: number, fence: number): Promise<void> {
  const [row] = await ask<{ fence: string }>(
    sql,
    'proving to be the writer',
    'select fence from syncs where id = $1 for share',
    [syncId],
  );
  refuseOlder(fence, row?.fence);
}

/** Throws FENCED. `current`: the number that the sync is at. */
export function refuseOlder(fence: number, current: string | undefined): void {
  if (Number(current ?? -1) !== fence) throw fenced(fence, current);
}

/**
 * The same for one statement, in one round trip and without a transaction. `parts`: common table expressions that write
 * for each row of `writer`, which has one, or none when the fence has risen. Their parameters begin at $3. `answer`: what
 * to select beside the fence. `by`: `query` for a statement that is not to be prepared.
 */
export async function writeUnderFence<Row extends QueryResultRow>(
  sql: Pool | PoolClient,
  what: string,
  { syncId, fence }: Writer,
  parts: string,
  values: readonly unknown[],
  { answer = '', by = ask }: { readonly answer?: string; readonly by?: typeof ask } = {},
): Promise<Row | undefined> {
  const text = `${underFence(parts)} select fence ${answer} from held`;
  const [row] = await by<Row & { fence: string }>(sql, what, text, [syncId, fence, ...values]);
  refuseOlder(fence, row?.fence);
  return row;
}

export const underFence = (parts: string): string =>
  `with held as (select fence from syncs where id = $1 for share),
     writer as (select from held where fence = $2),
     ${parts}`;

/** Of a writer that another one has replaced. `current`: the number of that one. */
const fenced = (fence: number, current: string | undefined): SyncFailure =>
  new SyncFailure('FENCED', `this writer has number ${fence}, the sync is at ${current ?? -1}`);

/** A writer of a run: its sync, and the number that it writes under. */
export interface Writer {
  readonly syncId: number;
  readonly fence: number;
}

/** What a writer has to know of its sync. */
export interface WriterStart extends Writer {
  /** The most records that the destination takes in one request, as it showed lately; null: not known. */
  readonly requestRecords: number | null;
  /** The ledger may know less than the destination: what is there is looked at before it is written. */
  readonly recovering: boolean;
}

/** A limit that was learned is tried again after this long: it may have been raised. */
const FORGET_LIMIT_AFTER = '7 days';

/**
 * Invariant 7, one writer: takes the next number for an attempt that will write, so that every older one is refused
 * from now on. What is read after it needs no transaction: nothing is written on it once another has taken over. Throws
 * HOLD_LOST when the run no longer holds its sync.
 */
export async function takeFence(pool: Pool, run: string): Promise<WriterStart> {
  const [sync] = await ask<{ id: number; fence: string; learned: number | null; recovering: boolean }>(
    pool,
    'taking over as the writer',
    `update syncs s set fence = fence + 1 from runs r
     where r.id = $1 and s.id = r.sync_id and s.holder = r.id
     returning s.id, s.fence, s.recovering_since is not null as recovering,
       case when s.request_records_at > now() - $2::interval then s.request_records end as learned`,
    [run, FORGET_LIMIT_AFTER],
  );
  if (!sync) throw new SyncFailure('HOLD_LOST', 'this run no longer holds its sync');
  const { id: syncId, fence, learned: requestRecords, recovering } = sync;
  return { syncId, fence: Number(fence), requestRecords, recovering };
}

/** A column of times as ISO 8601 in UTC, to the millisecond. */
export const isoTime = (column: string): string =>
  `to_char(${column} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;

/** The same to the second, as ticks and pauses are. */
export const isoSecond = (column: string): string =>
  `to_char(${column} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')`;
