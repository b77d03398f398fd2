import type { Pool, PoolClient } from 'pg';
import type { Call, JournalSettings } from '../../../model/connection/call.ts';
import { isoTime, query } from '../sql/sql.ts';

/** An entry of the journal as it is written. */
export interface CallRow extends Omit<Call, 'id' | 'keys'> {
  /** Every key: their hashes can be searched for. */
  readonly keys: readonly string[];
  /** Entries that were lost before this one, because the journal could not keep up. */
  readonly lostBefore: number;
  readonly keepDays: number;
  /** Sealed; null where there was no key to seal with. */
  readonly detail: Buffer | null;
}

/** Which entries are wanted; all that is given has to hold. */
export interface CallChoice {
  /** A sync or a connection. */
  readonly of?: string;
  readonly status?: number;
  /** A record: calls that carried it, or asked for it by its key. */
  readonly key?: string;
  readonly run?: string;
  readonly batch?: number;
  readonly step?: string;
  /** Took at least this long. */
  readonly slowMs?: number;
  /** ISO 8601. */
  readonly since?: string;
  /** Ended in a failure, or with a status of 400 or more. */
  readonly failed?: boolean;
  readonly limit: number;
}

export interface StoredCall extends Call {
  readonly lostBefore: number;
  readonly detail: Buffer | null;
}

const columns = `id::text, ${isoTime('at')} as at, connection, sync, run,
  batch, step, method, route, status, code, ms, request_bytes::float8 as "requestBytes",
  response_bytes::float8 as "responseBytes", coalesce(cardinality(keys), 0) as keys, bodies_dropped as "bodiesDropped"`;

/** Bytes that an entry takes beside its sealed part, roughly. */
const ENTRY_BYTES = 300;
/** Rows removed in one statement, so that none holds its locks for long. */
const REMOVED_AT_ONCE = 5_000;
/** Any fixed number: one process removes at a time. */
const PRUNE_LOCK = 728_412;

export function ledgerCalls(pool: Pool) {
  return {
    async insert(rows: readonly CallRow[]): Promise<void> {
      if (rows.length === 0) return;
      const facts = rows.map(({ detail: _detail, ...row }) => row);
      await query(
        pool,
        'writing the journal',
        `insert into calls (at, connection, sync, run, batch, step, method, route, status, code, ms, request_bytes,
           response_bytes, keys, bodies_dropped, lost_before, keep_until, bytes, detail)
         select f.at, f.connection, f.sync, f.run, f.batch, f.step, f.method, f.route, f.status, f.code, f.ms,
           f."requestBytes", f."responseBytes",
           (select array_agg(hashtextextended(k collate "C", 0)) from unnest(f.keys) k),
           f."bodiesDropped", f."lostBefore", f.at + make_interval(secs => f."keepDays" * 86400), coalesce(length(f.detail), 0) + ${ENTRY_BYTES} + 8 * cardinality(f.keys), f.detail
         from rows from (
           jsonb_to_recordset($1::jsonb) as (at timestamptz, connection text, sync text, run text, batch int, step text,
             method text, route text, status int, code text, ms int, "requestBytes" bigint, "responseBytes" bigint,
             keys text[], "bodiesDropped" boolean, "lostBefore" int, "keepDays" float8),
           unnest($2::bytea[])
         ) as f(at, connection, sync, run, batch, step, method, route, status, code, ms, "requestBytes",
           "responseBytes", keys, "bodiesDropped", "lostBefore", "keepDays", detail)`,
        [JSON.stringify(facts), rows.map(({ detail }) => detail)],
      );
    },

    /** Latest first. */
    list: (choice: CallChoice): Promise<Call[]> => {
      const { where, values } = conditionsOf(choice);
      return query<Call & Record<string, unknown>>(
        pool,
        'reading the journal',
        `select ${columns} from calls where ${where} order by id desc limit ${Math.floor(choice.limit)}`,
        values,
      );
    },

    async show(id: string): Promise<StoredCall | undefined> {
      if (!/^\d{1,18}$/.test(id)) return undefined;
      const rows = await query<StoredCall & Record<string, unknown>>(
        pool,
        'reading the journal',
        `select ${columns}, lost_before as "lostBefore", detail from calls where id = $1`,
        [id],
      );
      return rows[0];
    },

    /**
     * The calls of one record of a sync that are still in the journal, latest first: those that carried it by key, and
     * those that fetched the batch it was last delivered in. Of a page of many records only the batch is known.
     */
    async callsOf(sync: string, key: string, limit = 20): Promise<{ fetched: Call[]; delivered: Call[] }> {
      const delivered = await query<Call & Record<string, unknown>>(
        pool,
        'reading the journal',
        `select ${columns} from calls
         where sync = $1 and keys @> array[hashtextextended($2 collate "C", 0)] order by id desc limit ${Math.floor(limit)}`,
        [sync, key],
      );
      const fetched = await query<Call & Record<string, unknown>>(
        pool,
        'reading the journal',
        `select ${columns} from calls where step = 'fetchBatch' and status between 200 and 299 and (run, batch) in (
           select i.run, i.seq from syncs s join ledger l on l.sync_id = s.id join intents i on i.id = l.intent
           where s.name = $1 and l.key = $2) order by id desc limit ${Math.floor(limit)}`,
        [sync, key],
      );
      return { fetched, delivered };
    },

    /**
     * Removes what is too old or too much, by the settings of each connection. One process at a time; others leave it
     * at once. Answers how many entries were removed.
     */
    async prune(settings: ReadonlyMap<string, Pick<JournalSettings, 'keepDays' | 'maxBytes'>>): Promise<number> {
      const client = await pool.connect();
      let removed = 0;
      try {
        const [lock] = await query<{ got: boolean }>(
          client,
          'removing old calls',
          'select pg_try_advisory_lock($1) as got',
          [PRUNE_LOCK],
        );
        if (lock?.got !== true) return 0;
        try {
          for (const [connection, { keepDays, maxBytes }] of settings) {
            removed += await removeWhere(client, `connection = $1 and at < now() - make_interval(secs => $2)`, [
              connection,
              keepDays * 86_400,
            ]);
            removed += await removeWhere(client, `connection = $1 and id <= $2`, [
              connection,
              await lastBeyond(client, connection, maxBytes),
            ]);
          }
          // Of connections that other processes use: what was decided when the entry was written.
          removed += await removeWhere(client, 'keep_until < now()', []);
        } finally {
          await query(client, 'removing old calls', 'select pg_advisory_unlock($1)', [PRUNE_LOCK]);
        }
      } finally {
        client.release();
      }
      return removed;
    },
  };
}

async function removeWhere(client: PoolClient, where: string, values: readonly unknown[]): Promise<number> {
  for (let removed = 0; ; ) {
    const rows = await query<{ removed: number }>(
      client,
      'removing old calls',
      `with gone as (
         delete from calls where id in (select id from calls where ${where} order by id limit ${REMOVED_AT_ONCE}) returning 1
       ) select count(*)::int as removed from gone`,
      values,
    );
    const count = rows[0]?.removed ?? 0;
    removed += count;
    if (count < REMOVED_AT_ONCE) return removed;
  }
}

/** The newest entry that no longer fits, counted from the latest; 0 when all fit. */
async function lastBeyond(client: PoolClient, connection: string, maxBytes: number): Promise<string> {
  const rows = await query<{ id: string }>(
    client,
    'measuring the journal',
    `select id::text from (
       select id, sum(bytes) over (order by id desc) as so_far from calls where connection = $1
     ) c where so_far > $2 order by id desc limit 1`,
    [connection, maxBytes],
  );
  return rows[0]?.id ?? '0';
}

function conditionsOf(choice: CallChoice): { readonly where: string; readonly values: readonly unknown[] } {
  const values: unknown[] = [];
  const parts: string[] = ['true'];
  const add = (value: unknown, condition: (place: string) => string): void => {
    if (value === undefined) return;
    values.push(value);
    parts.push(condition(`$${values.length}`));
  };
  add(choice.of, (name) => `(sync = ${name} or connection = ${name})`);
  add(choice.status, (status) => `status = ${status}`);
  add(choice.key, (key) => `keys @> array[hashtextextended(${key} collate "C", 0)]`);
  add(choice.run, (run) => `run = ${run}`);
  add(choice.batch, (batch) => `batch = ${batch}`);
  add(choice.step, (step) => `step = ${step}`);
  add(choice.slowMs, (ms) => `ms >= ${ms}`);
  add(choice.since, (since) => `at >= ${since}`);
  if (choice.failed === true) parts.push('(code is not null or status is null or status >= 400)');
  return { where: parts.join(' and '), values };
}
