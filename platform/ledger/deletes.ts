import { randomUUID } from 'node:crypto';
import type { Pool, PoolClient } from 'pg';
import { type Counts, noCounts } from '../../model/batch.ts';
import { SyncFailure } from '../../model/failure.ts';
import { contentHash } from '../../model/transform.ts';
import { decideExtras, ledgerExtras, removableExtras } from './extras.ts';
import { packOrdinals, unpackOrdinals } from './ordinals.ts';
import { holdFence, query, takeFence, transaction } from './sql.ts';

/** A record that is gone from the source and has to go from the destination. */
export interface Deletion {
  /** Position in the list that was decided, from 0. */
  readonly n: number;
  readonly key: string;
  readonly destinationId: string | null;
}

/** A request to delete, as it stands in the ledger. */
export interface DeleteIntent {
  readonly id: string;
  /** The idempotency key: a replay carries the same. */
  readonly requestId: string;
}

export interface RemovalStart {
  /** The number that this attempt writes under (invariant 7). */
  readonly fence: number;
  readonly syncId: number;
  /** The list has been decided by an earlier attempt. */
  readonly decided: boolean;
  /** Set when all is done. */
  readonly done: Counts | null;
  /** When the run began; ISO 8601. */
  readonly startedAt: string;
  /** The ledger may know less than the destination, so that nothing may be deleted. */
  readonly recovering: boolean;
}

/** What a complete read says of the records that were delivered before. */
export interface Missing {
  /** Records of this sync at the destination, by the ledger's word. */
  readonly known: number;
  /** Of these, not in the read. */
  readonly missing: number;
  /** Records that the ledger does not know, are not in the read, and were chosen to go. */
  readonly extras: number;
  /** Records of the read whose key could not be read: each may be one of those that seem missing. */
  readonly keyless: number;
  /** Keys in the read. */
  readonly seen: number;
}

/** The number of the batch under which the deletions of a run are kept; batches that were read count from 1. */
const DELETIONS = 0;

// Rows at the destination: delivered, or with a delete whose outcome nobody knows.
const missingRows = `from ledger l where l.sync_id = $1 and l.state in ('c', 'x') and not exists (
  select from (select unnest(hashes) as hash from seen where run = $2) s where s.hash = hashtextextended(l.key, 0))`;

export function ledgerDeletes(pool: Pool) {
  return {
    ...ledgerExtras(pool),

    /** Notes the keys of a batch. Safe to repeat. */
    see: async (run: string, seq: number, keys: readonly string[]): Promise<void> => {
      await query(
        pool,
        'noting the keys of a batch',
        `insert into seen (run, seq, hashes)
         select $1, $2, coalesce(array_agg(hashtextextended(k collate "C", 0)), '{}') from unnest($3::text[]) k
         on conflict do nothing`,
        [run, seq, keys],
      );
    },

    /** Keys of records at the destination, by the ledger's word: in their order, after this one. */
    async known(syncId: number, after: string | null, limit: number): Promise<readonly string[]> {
      const rows = await query<{ key: string }>(
        pool,
        'reading the ledger',
        `select key from ledger where sync_id = $1 and state in ('c', 'x') and ($2::text is null or key > $2)
         order by key limit $3`,
        [syncId, after, limit],
      );
      return rows.map(({ key }) => key);
    },

    /** Takes the next fence number for this attempt and tells how far an earlier one came. */
    begin: (run: string): Promise<RemovalStart> =>
      transaction(pool, 'beginning to delete', async (sql) => {
        const writer = await takeFence(sql, run);
        const { rows } = await sql.query<{ state: string; counts: Counts | null }>(
          'select state, counts from batches where run = $1 and seq = $2',
          [run, DELETIONS],
        );
        const row = rows[0];
        const done = row?.state === 'delivered' ? (row.counts ?? noCounts) : null;
        const began = await sql.query<{ at: Date; recovering: boolean }>(
          `select r.started_at as at, s.recovering_since is not null as recovering
           from runs r join syncs s on s.id = r.sync_id where r.id = $1`,
          [run],
        );
        return {
          ...writer,
          decided: row !== undefined,
          done,
          startedAt: began.rows[0]?.at.toISOString() ?? '',
          recovering: began.rows[0]?.recovering ?? false,
        };
      }),

    /**
     * Invariant 6, safe deletes: compares the ledger with what the run read. Throws SOURCE_INCOMPLETE unless the read
     * came to its proven end and every batch of it noted its keys.
     */
    compare: (start: RemovalStart, run: string): Promise<Missing> =>
      transaction(pool, 'looking for what is gone', async (sql) => {
        await holdFence(sql, start.syncId, start.fence);
        const { rows: ends } = await sql.query<{ complete: boolean | null; gaps: boolean | null }>(
          `select bool_or(b.complete) as complete, bool_or(b.records > 0 and (s.seq is null or b.state <> 'delivered')) as gaps
           from batches b left join seen s using (run, seq) where b.run = $1 and b.seq <> $2`,
          [run, DELETIONS],
        );
        if (ends[0]?.complete !== true || ends[0].gaps === true)
          throw new SyncFailure('SOURCE_INCOMPLETE', 'the read is not proven to be complete, so nothing is deleted');
        const { rows } = await sql.query<Missing>(
          `select (select count(*)::int from ledger where sync_id = $1 and state in ('c', 'x')) as known,
             (select count(*)::int ${missingRows}) as missing,
             (select count(*)::int ${removableExtras}) as extras,
             (select count(*)::int from quarantine where run = $2 and key is null) as keyless,
             (select coalesce(sum(cardinality(hashes)), 0)::int from seen where run = $2) as seen`,
          [start.syncId, run],
        );
        return rows[0] ?? { known: 0, missing: 0, extras: 0, keyless: 0, seen: 0 };
      }),

    /** Makes the list durable, or an empty one: from now on it is what this run deletes. */
    decide: (start: RemovalStart, run: string, what: 'missing' | 'nothing'): Promise<void> =>
      transaction(pool, 'deciding what to delete', async (sql) => {
        await holdFence(sql, start.syncId, start.fence);
        if (what === 'missing') {
          await sql.query(
            `insert into deletions (run, n, key, destination_id)
             select $2, row_number() over (order by l.key) - 1, l.key, l.destination_id ${missingRows}`,
            [start.syncId, run],
          );
          await decideExtras(sql, start.syncId, run);
        }
        await sql.query(`insert into batches (run, seq, state) values ($1, $2, 'fetched')`, [run, DELETIONS]);
      }),

    /** The keys of the list that was decided, in their order. */
    async *decidedKeys(run: string): AsyncIterable<string> {
      for (let after = -1; ; ) {
        const rows: { n: number; key: string }[] = await query<{ n: number; key: string }>(
          pool,
          'reading what to delete',
          'select n, key from deletions where run = $1 and n > $2 order by n limit 10000',
          [run, after],
        );
        for (const { key } of rows) yield key;
        const last = rows.at(-1);
        if (!last) return;
        after = last.n;
      }
    },

    /** Requests of earlier attempts whose outcome is not known, each with its records. */
    async inDoubt(run: string): Promise<readonly (DeleteIntent & { readonly records: readonly Deletion[] })[]> {
      const intents = await query<{ id: string; requestId: string; ordinals: Buffer }>(
        pool,
        'looking for deletes in doubt',
        `select id, request_id as "requestId", ordinals from intents
         where run = $1 and seq = $2 and state in ('open', 'unknown') order by id`,
        [run, DELETIONS],
      );
      return Promise.all(
        intents.map(async ({ id, requestId, ordinals }) => ({
          id,
          requestId,
          records: await query<{ n: number; key: string; destinationId: string | null }>(
            pool,
            'reading a delete in doubt',
            `select n, key, destination_id as "destinationId" from deletions where run = $1 and n = any($2::int[]) order by n`,
            [run, unpackOrdinals(ordinals)],
          ),
        })),
      );
    },

    /** The next records of the list, after the n-th. */
    next: (run: string, after: number, limit: number): Promise<readonly Deletion[]> =>
      query<{ n: number; key: string; destinationId: string | null }>(
        pool,
        'reading what to delete',
        `select d.n, d.key, d.destination_id as "destinationId" from deletions d
         join runs r on r.id = d.run join ledger l on l.sync_id = r.sync_id and l.key = d.key
         where d.run = $1 and d.n > $2 and l.state not in ('d', 's') order by d.n limit $3`,
        [run, after, limit],
      ),

    /** Invariant 3, intent first: durable before the request leaves. Until its outcome is known the rows say so. */
    openIntent: (start: RemovalStart, run: string, records: readonly Deletion[]): Promise<DeleteIntent> =>
      transaction(pool, 'writing an intent to delete', async (sql) => {
        await holdFence(sql, start.syncId, start.fence);
        const requestId = randomUUID();
        const keys = records.map(({ key }) => key);
        const { rows } = await sql.query<{ id: string }>(
          `insert into intents (request_id, run, seq, state, ordinals, items, fingerprint)
           values ($1, $2, $3, 'open', $4, $5, $6) returning id`,
          [
            requestId,
            run,
            DELETIONS,
            packOrdinals(records.map(({ n }) => n)),
            records.length,
            contentHash(keys.join('\n')),
          ],
        );
        const id = rows[0]?.id ?? '';
        await mark(sql, start, 'x', keys, null);
        return { id, requestId };
      }),

    markUnknown: (start: RemovalStart, intent: DeleteIntent): Promise<void> =>
      transaction(pool, 'deciding an intent', async (sql) => {
        await holdFence(sql, start.syncId, start.fence);
        await sql.query(`update intents set state = 'unknown', decided_at = now() where id = $1`, [intent.id]);
      }),

    /**
     * Writes the outcome of a request; `kept` are still there. None gone: the request is void. `marked`: the content hash
     * of what was written over those that were marked instead of deleted, by their position.
     */
    settle: (
      start: RemovalStart,
      intent: DeleteIntent,
      gone: readonly Deletion[],
      kept: readonly Deletion[],
      marked: ReadonlyMap<number, string> = new Map(),
    ): Promise<void> =>
      transaction(pool, 'writing the outcome of a delete', async (sql) => {
        await holdFence(sql, start.syncId, start.fence);
        await mark(
          sql,
          start,
          'd',
          gone.flatMap(({ n, key }) => (marked.has(n) ? [] : [key])),
          intent.id,
        );
        await noteMarks(sql, start, gone, marked, intent.id);
        await mark(
          sql,
          start,
          'c',
          kept.map(({ key }) => key),
          null,
        );
        await sql.query(
          `update intents set state = $2, confirmed = $3, rejected = $4, decided_at = now() where id = $1`,
          [intent.id, gone.length > 0 ? 'settled' : 'void', gone.length, kept.length],
        );
      }),

    /** Ends the deletions of a run: what was deleted is counted from the ledger. */
    close: (start: RemovalStart, run: string): Promise<Counts> =>
      transaction(pool, 'closing the deletions', async (sql) => {
        await holdFence(sql, start.syncId, start.fence);
        const { rows } = await sql.query<{ deleted: number }>(
          'select coalesce(sum(confirmed), 0)::int as deleted from intents where run = $1 and seq = $2',
          [run, DELETIONS],
        );
        const counts: Counts = { ...noCounts, deleted: rows[0]?.deleted ?? 0 };
        await sql.query(
          `update batches set state = 'delivered', counts = $3, delivered_at = now() where run = $1 and seq = $2`,
          [run, DELETIONS, counts],
        );
        await voidLeft(sql, start, run);
        return counts;
      }),
  };
}

/**
 * A delete that an earlier run left in doubt is over when its records have been deleted again, or written over: nothing of
 * the sync waits for the outcome of a delete any more.
 */
async function voidLeft(sql: PoolClient, start: RemovalStart, run: string): Promise<void> {
  await sql.query(
    `update intents i set state = 'void', decided_at = now() from runs r
     where r.sync_id = $1 and r.id <> $2 and i.run = r.id and i.seq = $3 and i.state in ('open', 'unknown')
       and not exists (select from ledger where sync_id = $1 and state = 'x')`,
    [start.syncId, run, DELETIONS],
  );
}

async function noteMarks(
  sql: PoolClient,
  start: RemovalStart,
  gone: readonly Deletion[],
  hashes: ReadonlyMap<number, string>,
  intent: string,
): Promise<void> {
  const marked = gone.filter(({ n }) => hashes.has(n));
  if (marked.length === 0) return;
  await sql.query(
    `update ledger l set state = 's', intent = $2, hash = u.hash from unnest($3::text[], $4::uuid[]) as u(key, hash)
     where l.sync_id = $1 and l.key = u.key`,
    [start.syncId, intent, marked.map(({ key }) => key), marked.map(({ n }) => hashes.get(n))],
  );
}

/** `c`: at the destination; `x`: a delete whose outcome is not known; `d`: deleted, `s`: marked as deleted, by the intent. */
const mark = (
  sql: PoolClient,
  start: RemovalStart,
  state: 'c' | 'x' | 'd',
  keys: readonly string[],
  intent: string | null,
) =>
  sql.query(
    `update ledger set state = $3::"char", intent = coalesce($4, intent) where sync_id = $1 and key = any($2::text[])`,
    [start.syncId, keys, state, intent],
  );

/** Drops what the deletions of a run needed. */
export async function dropDeletions(sql: Pick<PoolClient, 'query'>, run: string): Promise<void> {
  await sql.query('delete from seen where run = $1', [run]);
  await sql.query('delete from deletions where run = $1', [run]);
  await sql.query('delete from chosen_extras where run = $1', [run]);
}
