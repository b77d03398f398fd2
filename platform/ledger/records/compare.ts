import type { Pool } from 'pg';
import type { BucketSums, Buckets } from '../../../model/connector/connector.ts';
import { SyncFailure } from '../../../model/failure/failure.ts';
import { addendSql, bucketSql } from '../../../model/sync/bucket.ts';
import { NO_HASH } from '../deletes/extras.ts';
import { query, queryInOrder, transaction } from '../sql/sql.ts';
import { MOST_SENDS_AGAIN } from './unagreed.ts';

/** What the ledger says was delivered of one record. */
export interface DeliveredRecord {
  readonly key: string;
  readonly hash: string;
  /** The destination's own id; null where that is the key. */
  readonly destinationId: string | null;
}

export interface Marked {
  /** Will be delivered again by the next run that reads them. */
  readonly marked: number;
  /** Were repaired before with the same content, and still differ: a further repair would change nothing. */
  readonly givenUp: number;
}

const recordColumns = `key, replace(hash::text, '-', '') as hash, destination_id as "destinationId"`;

export function ledgerCompare(pool: Pool) {
  return {
    async delivered(syncId: number): Promise<number> {
      const [row] = await query<{ records: number }>(
        pool,
        'counting the ledger',
        `select count(*)::int as records from ledger where sync_id = $1 and state in ('c', 's')`,
        [syncId],
      );
      return row?.records ?? 0;
    },

    /** For each bucket what the destination should have (model/sync/bucket.ts). */
    async sums(syncId: number, buckets: number, within: Buckets | null): Promise<BucketSums> {
      const rows = await query<{ bucket: number; records: number; sum: string }>(
        pool,
        'adding up the ledger',
        `select ${bucketSql('key', buckets)} as bucket, count(*)::int as records, sum(${addendSql('key', 'hash::text')})::text as sum
         from ledger where sync_id = $1 and state in ('c', 's') and ($2::int[] is null or ${bucketSql('key', within?.buckets ?? 1)} = any ($2))
         group by 1`,
        [syncId, within?.of ?? null],
      );
      return new Map(rows.map(({ bucket, records, sum }) => [bucket, { records, sum }]));
    },

    inBuckets: (syncId: number, buckets: number, of: readonly number[]): Promise<DeliveredRecord[]> =>
      query<DeliveredRecord & Record<string, unknown>>(
        pool,
        'reading the ledger',
        `select ${recordColumns} from ledger
         where sync_id = $1 and state in ('c', 's') and ${bucketSql('key', buckets)} = any ($2::int[])`,
        [syncId, of],
      ),

    /** In order of their keys, after this one. */
    page: (syncId: number, after: string | null, limit: number): Promise<DeliveredRecord[]> =>
      queryInOrder<DeliveredRecord & Record<string, unknown>>(
        pool,
        'reading the ledger',
        `select ${recordColumns} from ledger
         where sync_id = $1 and state in ('c', 's') and ($2::text is null or key > $2) order by key limit $3`,
        [syncId, after, limit],
      ),

    /**
     * Marks records to be delivered again, however unchanged they are at the source, and chooses them for a run that has
     * not begun. Throws LOCKED while a run of the sync is open.
     */
    markForRepair: (syncId: number, records: readonly DeliveredRecord[], run: string): Promise<Marked> =>
      transaction(pool, 'marking records for repair', async (sql) => {
        const { rows } = await sql.query<{ holder: string | null }>(
          'select holder from syncs where id = $1 for update',
          [syncId],
        );
        if (rows[0]?.holder) throw new SyncFailure('LOCKED', `run ${rows[0].holder} is open`);
        const counted = await sql.query<{ key: string; times: number }>(
          `insert into repairs as r (sync_id, key, hash)
           select $1, c.key, coalesce(nullif(c.hash, $4), a.hash) from unnest($2::text[], $3::uuid[]) as c(key, hash)
           left join unagreed a on a.sync_id = $1 and a.key = c.key where coalesce(nullif(c.hash, $4), a.hash) is not null
           on conflict (sync_id, key) do update set hash = excluded.hash, at = now(),
             times = case when r.hash = excluded.hash then r.times + 1 else 1 end
           returning key, times`,
          [syncId, records.map(({ key }) => key), records.map(({ hash }) => hash), NO_HASH],
        );
        const givenUp = counted.rows.filter(({ times }) => times > MOST_SENDS_AGAIN).map(({ key }) => key);
        const stubborn = new Set(givenUp);
        const keys = records.flatMap(({ key }) => (stubborn.has(key) ? [] : [key]));
        await sql.query('update ledger set hash = $3 where sync_id = $1 and key = any ($2::text[])', [
          syncId,
          keys,
          NO_HASH,
        ]);
        await sql.query(
          'insert into chosen_keys (run, n, key) select $1, u.n - 1, u.key from unnest($2::text[]) with ordinality as u(key, n)',
          [run, keys],
        );
        return { marked: keys.length, givenUp: givenUp.length };
      }),

    /**
     * Forgets records that a repair found on neither side: they were missing in the destination, and a run that asked the
     * source for them did not get them. What lies in quarantine was got.
     */
    async forgetGone(syncId: number, keys: readonly string[]): Promise<number> {
      const rows = await query(
        pool,
        'forgetting what is gone on both sides',
        `update ledger l set state = 'd' where l.sync_id = $1 and l.key = any ($2::text[]) and l.hash = $3
           and not exists (select from quarantine q where q.sync_id = $1 and q.key = l.key and q.state = 'open') returning 1`,
        [syncId, keys, NO_HASH],
      );
      return rows.length;
    },

    /** The keys that were chosen for a run, from the n-th on. */
    async chosenKeys(run: string, from: number, limit: number): Promise<readonly string[]> {
      const rows = await query<{ key: string }>(
        pool,
        'reading what was chosen',
        'select key from chosen_keys where run = $1 and n >= $2 order by n limit $3',
        [run, from, limit],
      );
      return rows.map(({ key }) => key);
    },
  };
}
