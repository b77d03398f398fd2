import { randomUUID } from 'node:crypto';
import type { Pool, PoolClient } from 'pg';
import { type Counts, noCounts, unaccounted } from '../../model/batch.ts';
import { SyncFailure } from '../../model/failure.ts';
import type { ReadyRecord, Reject } from '../../model/prepared.ts';
import { fingerprint } from '../../model/transform.ts';
import type { RecordVersion } from '../../model/version.ts';
import { plainArray, textArray } from './arrays.ts';
import { keepTags, ledgerConflicts } from './conflicts.ts';
import { ledgerDoubts } from './doubts.ts';
import { type PlannedBatch, plannedBatch, plannedDeletes } from './plans.ts';
import { insertRejects, resolveEntries } from './quarantine.ts';
import { insertRows, renewVersions, upsertRows } from './rows.ts';
import { keepSample } from './samples.ts';
import { fenced, holdFence, query, takeFence, transaction } from './sql.ts';

/** An intent that an earlier attempt left without an outcome, or one whose outcome is known. */
export interface Intent {
  readonly id: string;
  readonly requestId: string;
  readonly state: 'open' | 'unknown' | 'settled' | 'void';
  readonly ordinals: readonly number[];
  /** Of the content: a replay must carry the same. */
  readonly fingerprint: string;
  readonly openedAtMs: number;
}

export interface DeliveryStart {
  /** The number that this attempt writes under; every older one is refused from now on. */
  readonly fence: number;
  readonly syncId: number;
  /** Set when the batch has been delivered before. */
  readonly delivered: Counts | null;
  /** Something of this sync lies in quarantine: what arrives may make it good. */
  readonly openEntries: boolean;
  /** The most records that the destination takes in one request, as it showed lately; null: not known. */
  readonly requestRecords: number | null;
  /** The ledger may know less than the destination: what is there is looked at before it is written. */
  readonly recovering: boolean;
  readonly intents: readonly Intent[];
}

/** For each record: `n`ew, `c`hanged, `u`nchanged, `s`uperseded by what was delivered before. */
export interface Verdicts {
  readonly letters: string;
  /** The destination's own id of changed records, by index; absent where the key is the id. */
  readonly destinationIds: Readonly<Record<number, string>>;
  /** Something unchanged came under a newer version, which the ledger learns when the batch is closed. */
  readonly renewed: boolean;
  /** The ledger has a row of none of them, also not of one that was deleted. */
  readonly unseen: boolean;
}

export interface Confirmed {
  readonly record: ReadyRecord;
  /** The destination's own id; null when it is the key. */
  readonly destinationId: string | null;
  /** The version that the destination gave it; null: it has one and did not say; absent: it has none. */
  readonly tag?: string | null;
}

export interface Outcome {
  readonly confirmed: readonly Confirmed[];
  readonly rejects: readonly Reject[];
  /** Records that the destination has in a newer version. */
  readonly superseded?: number;
  /** Set when the outcome covers only these records of the intent; the others are free to be sent again. */
  readonly only?: readonly number[];
  /** The ledger has no row of any of them. */
  readonly unseen?: boolean;
}

/** The buckets of a batch that only the step knows. */
export interface Remainder {
  readonly filtered: number;
  readonly unchanged: number;
  readonly superseded: number;
  readonly highest: RecordVersion | null;
  /** Some of what was confirmed, to be read back when the run is reconciled. */
  readonly sample: readonly Confirmed[];
  /** As in the verdicts. */
  readonly renewed: boolean;
  /** What the batch had ready; of it, what was not rejected has arrived. */
  readonly ready: readonly ReadyRecord[];
}

/** A limit that was learned is tried again after this long: it may have been raised. */
const FORGET_LIMIT_AFTER = '7 days';

export function ledgerDeliveries(pool: Pool) {
  return {
    ...ledgerDoubts(pool),
    ...ledgerConflicts(pool),

    /** Remembers how many records the destination takes in one request. */
    learnLimit: (start: DeliveryStart, records: number): Promise<void> =>
      transaction(pool, 'learning a limit', async (sql) => {
        await holdFence(sql, start.syncId, start.fence);
        await sql.query('update syncs set request_records = $2, request_records_at = now() where id = $1', [
          start.syncId,
          records,
        ]);
      }),

    /** Takes the next fence number for this attempt and tells what earlier attempts left. */
    begin: (run: string, seq: number): Promise<DeliveryStart> =>
      transaction(pool, 'beginning a delivery', async (sql) => {
        const start = await startOf(sql, run);
        const batch = await sql.query<{ state: string; counts: Counts }>(
          'select state, counts from batches where run = $1 and seq = $2',
          [run, seq],
        );
        const row = batch.rows[0];
        if (!row) throw new SyncFailure('STAGING_LOST', `the ledger knows no batch ${seq} of this run`);
        if (row.state === 'delivered') return { ...start, delivered: row.counts, intents: [] };
        return { ...start, delivered: null, intents: await intentsOf(sql, run, seq) };
      }),

    /** Compares the records with what was delivered before: newest wins (invariant 5), the same content is unchanged. */
    async verdicts(syncId: number, records: readonly ReadyRecord[]): Promise<Verdicts> {
      const keys = textArray(records.map(({ key }) => key));
      // A first load asks for keys of which there is none: one pass over the index says so for all of them.
      const [any] = await query<{ seen: boolean }>(
        pool,
        'looking for keys in the ledger',
        'select exists (select from ledger where sync_id = $1 and key = any($2::text[])) as seen',
        [syncId, keys],
      );
      if (any?.seen === false)
        return { letters: 'n'.repeat(records.length), destinationIds: {}, renewed: false, unseen: true };
      const [row] = await query<{
        letters: string | null;
        ids: Record<number, string> | null;
        renewed: boolean | null;
      }>(
        pool,
        'comparing with the ledger',
        `select string_agg(v.letter, '' order by v.ord) as letters,
           jsonb_object_agg(v.ord - 1, v.destination_id) filter (where v.letter = 'c' and v.destination_id is not null) as ids,
           bool_or(v.letter = 'u' and v.newer) as renewed
         from (
           select k.ord, l.destination_id, k.version > l.version as newer,
             case when l.key is null or l.state = 'd' then 'n' when l.state in ('x', 's') then 'c' when l.hash = k.hash then 'u'
               when k.version < l.version then 's' else 'c' end as letter
           from unnest($2::text[], $3::uuid[], $4::bigint[]) with ordinality as k(key, hash, version, ord)
           -- By the index for each key: without the limit the planner reads the whole ledger for every batch.
           left join lateral (select * from ledger where sync_id = $1 and key = k.key limit 1) l on true
         ) v`,
        [syncId, keys, plainArray(records.map(({ hash }) => hash)), plainArray(records.map(({ version }) => version))],
      );
      return {
        letters: row?.letters ?? '',
        destinationIds: row?.ids ?? {},
        renewed: row?.renewed ?? false,
        unseen: false,
      };
    },

    /** What a run that was given a plan may send of a batch; undefined when it was given none. */
    planned: (run: string, seq: number): Promise<PlannedBatch | undefined> => plannedBatch(pool, run, seq),
    plannedDeletes: (run: string): Promise<string | null | undefined> => plannedDeletes(pool, run),

    /** Invariant 3, intent first: durable before the request leaves. One statement, under the fence (invariant 7). */
    async openIntent(start: DeliveryStart, run: string, seq: number, records: readonly ReadyRecord[]): Promise<Intent> {
      const ordinals = records.map((record) => record.ordinal);
      const requestId = randomUUID();
      const print = fingerprint(records);
      const [row] = await query<{ id: string | null; opened: string; fence: string }>(
        pool,
        'writing an intent',
        `with held as (select fence from syncs where id = $1 for share),
           opened as (
             insert into intents (request_id, run, seq, state, ordinals, items, fingerprint)
             select $3, $4, $5, 'open', $6, $7, $8 from held where fence = $2
             returning id, extract(epoch from opened_at) * 1000 as opened
           )
         select held.fence, opened.id, opened.opened from held left join opened on true`,
        [start.syncId, start.fence, requestId, run, seq, packOrdinals(ordinals), records.length, print],
      );
      if (!row?.id) throw fenced(start.fence, row?.fence);
      return { id: row.id, requestId, state: 'open', ordinals, fingerprint: print, openedAtMs: Number(row.opened) };
    },

    /** Notes records that were found in the destination in the form that would be sent: nothing was written. */
    noteFound: (start: DeliveryStart, run: string, seq: number, found: readonly Confirmed[]): Promise<void> =>
      transaction(pool, 'noting what was found', async (sql) => {
        await holdFence(sql, start.syncId, start.fence);
        const records = found.map(({ record }) => record);
        const { rows } = await sql.query<{ id: string }>(
          `insert into intents (request_id, run, seq, state, ordinals, items, confirmed, fingerprint, decided_at)
           values ($1, $2, $3, 'settled', $4, $5, $5, $6, now()) returning id`,
          [
            randomUUID(),
            run,
            seq,
            packOrdinals(records.map(({ ordinal }) => ordinal)),
            records.length,
            fingerprint(records),
          ],
        );
        await upsertRows(sql, start.syncId, rows[0]?.id ?? '', found);
        await keepTags(sql, start.syncId, found);
      }),

    /** The request surely changed nothing: its records are free to be sent in another one. */
    voidIntent: (start: DeliveryStart, intent: Intent): Promise<void> => decide(pool, start, intent, 'void'),

    /** The request may have changed something: only its own replay, or a look-up, may follow. */
    markUnknown: (start: DeliveryStart, intent: Intent): Promise<void> => decide(pool, start, intent, 'unknown'),

    /** Writes the outcome of a request: ledger rows of what is confirmed, quarantine of what is rejected. */
    settle: (start: DeliveryStart, run: string, seq: number, intent: Intent, outcome: Outcome): Promise<void> =>
      transaction(pool, 'writing an outcome', async (sql) => {
        await holdFence(sql, start.syncId, start.fence);
        await (outcome.unseen ? insertRows : upsertRows)(sql, start.syncId, intent.id, outcome.confirmed);
        await insertRejects(sql, start.syncId, run, seq, outcome.rejects);
        await keepTags(sql, start.syncId, outcome.confirmed);
        await sql.query(
          `update intents set state = 'settled', confirmed = $2, rejected = $3, decided_at = now(),
             ordinals = coalesce($4, ordinals), superseded = $5 where id = $1`,
          [
            intent.id,
            outcome.confirmed.length,
            outcome.rejects.length,
            outcome.only ? packOrdinals(outcome.only) : null,
            outcome.superseded ?? 0,
          ],
        );
      }),

    /**
     * Closes the batch. What was fetched, delivered and set aside is counted from the ledger, not from what the step
     * believes, and has to add up (invariants 1 and 2). Throws CONSERVATION when it does not.
     */
    close: (start: DeliveryStart, run: string, seq: number, rest: Remainder): Promise<Counts> =>
      transaction(pool, 'closing a batch', async (sql) => {
        await holdFence(sql, start.syncId, start.fence);
        const { rows } = await sql.query<{
          fetched: number;
          delivered: number;
          overtaken: number;
          quarantined: number;
        }>(
          `select records as fetched,
             (select coalesce(sum(confirmed), 0)::int from intents where run = $1 and seq = $2) as delivered,
             (select coalesce(sum(superseded), 0)::int from intents where run = $1 and seq = $2) as overtaken,
             (select count(*)::int from quarantine where run = $1 and seq = $2) as quarantined
           from batches where run = $1 and seq = $2`,
          [run, seq],
        );
        const { filtered, unchanged } = rest;
        const { overtaken = 0, ...counted } = rows[0] ?? {};
        const counts: Counts = {
          ...noCounts,
          ...counted,
          filtered,
          unchanged,
          superseded: rest.superseded + overtaken,
        };
        if (unaccounted(counts) !== 0) {
          throw new SyncFailure(
            'CONSERVATION',
            `batch ${seq}: ${JSON.stringify(counts)} leaves ${unaccounted(counts)}`,
          );
        }
        await sql.query(
          `update batches set state = 'delivered', counts = $3, highest = $4, delivered_at = now() where run = $1 and seq = $2`,
          [run, seq, counts, rest.highest],
        );
        await sql.query('update intents set ordinals = null where run = $1 and seq = $2', [run, seq]);
        if (rest.renewed) await renewVersions(sql, start.syncId, rest.ready);
        await keepSample(sql, run, seq, rest.sample);
        if (start.openEntries) await resolveEntries(sql, start.syncId, run, seq, rest.ready);
        return counts;
      }),
  };
}

/** Takes the next fence number, and tells what every writer of this sync has to know. */
export async function startOf(sql: PoolClient, run: string): Promise<Omit<DeliveryStart, 'delivered' | 'intents'>> {
  const writer = await takeFence(sql, run);
  const { rows } = await sql.query<{ open: boolean; learned: number | null; recovering: boolean }>(
    `select exists (select from quarantine where sync_id = $1 and state = 'open') as open,
       (select request_records from syncs where id = $1 and request_records_at > now() - $2::interval) as learned,
       (select recovering_since is not null from syncs where id = $1) as recovering`,
    [writer.syncId, FORGET_LIMIT_AFTER],
  );
  const { open = false, learned = null, recovering = false } = rows[0] ?? {};
  return { ...writer, openEntries: open, requestRecords: learned, recovering };
}

export async function intentsOf(sql: PoolClient, run: string, seq: number): Promise<Intent[]> {
  const { rows } = await sql.query<{
    id: string;
    request_id: string;
    state: Intent['state'];
    ordinals: Buffer | null;
    fingerprint: string;
    opened: string;
  }>(
    `select id, request_id, state, ordinals, fingerprint, extract(epoch from opened_at) * 1000 as opened
     from intents where run = $1 and seq = $2 order by id`,
    [run, seq],
  );
  return rows.map((row) => ({
    id: row.id,
    requestId: row.request_id,
    state: row.state,
    ordinals: unpackOrdinals(row.ordinals),
    fingerprint: row.fingerprint.replaceAll('-', ''),
    openedAtMs: Number(row.opened),
  }));
}

const decide = (pool: Pool, start: DeliveryStart, intent: Intent, state: 'void' | 'unknown'): Promise<void> =>
  transaction(pool, 'deciding an intent', async (sql) => {
    await holdFence(sql, start.syncId, start.fence);
    await sql.query('update intents set state = $2, decided_at = now() where id = $1', [intent.id, state]);
  });

export function packOrdinals(ordinals: readonly number[]): Buffer {
  const packed = Int32Array.from(ordinals);
  return Buffer.from(packed.buffer);
}

export function unpackOrdinals(packed: Buffer | null): number[] {
  if (packed === null) return [];
  return Array.from({ length: packed.length / 4 }, (_, index) => packed.readInt32LE(index * 4));
}
