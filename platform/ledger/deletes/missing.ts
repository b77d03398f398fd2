import type { Pool } from 'pg';
import { SyncFailure } from '../../../model/failure/failure.ts';
import { ask, joiningSets, query, queryInOrder, refuseOlder, type Writer } from '../sql/sql.ts';
import { DELETIONS, deletableRows, type Holders, mayBeHeld, missingRows, NOBODY_ELSE } from './deletions.ts';
import { removableExtras } from './extras.ts';

/** What a complete read says of the records that were delivered before. */
export interface Missing {
  /** Records of this sync at the destination, by the ledger's word. */
  readonly known: number;
  /** Of these, not in the read, and held by no other record. */
  readonly missing: number;
  /** Not in the read, but a live record has what they were at the destination: they stay. */
  readonly held: number;
  /** Records that the ledger does not know, are not in the read, and were chosen to go. */
  readonly extras: number;
  /** Records of the read whose key could not be read: each may be one of those that seem missing. */
  readonly keyless: number;
  /** Keys in the read. */
  readonly seen: number;
}

/** What the ledger has at the destination and a read did not give. */
export function ledgerMissing(pool: Pool) {
  return {
    /** Notes the keys of a batch. Safe to repeat. */
    see: async (run: string, seq: number, keys: readonly string[]): Promise<void> => {
      await ask(
        pool,
        'noting the keys of a batch',
        `insert into seen (run, seq, hashes)
         select $1, $2, coalesce(array_agg(hashtextextended(k collate "C", 0)), '{}') from unnest($3::text[]) k
         on conflict do nothing`,
        [run, seq, keys],
      );
    },

    /**
     * How many records of the last reading have a key that another one of it has. An earlier reading of the run, which was
     * begun again, does not count.
     */
    async repeats(run: string): Promise<number> {
      const [row] = await query<{ repeats: number }>(
        pool,
        'counting repeated keys',
        `select (count(*) - count(distinct hash))::float8 as repeats from (
           select unnest(hashes) as hash from seen where run = $1
             and seq > coalesce((select max(seq) from batches where run = $1 and reads_again), 0)) s`,
        [run],
      );
      return row?.repeats ?? 0;
    },

    /** Keys of records at the destination, by the ledger's word: in their order, after this one. */
    async known(syncId: number, after: string | null, limit: number): Promise<readonly string[]> {
      const rows = await queryInOrder<{ key: string }>(
        pool,
        'reading the ledger',
        `select key from ledger where sync_id = $1 and state in ('c', 'x') and ($2::text is null or key > $2)
         order by key limit $3`,
        [syncId, after, limit],
      );
      return rows.map(({ key }) => key);
    },

    /**
     * Invariant 6, safe deletes: compares the ledger with what the run read. Throws SOURCE_INCOMPLETE unless the read
     * came to its proven end and every batch of it noted its keys.
     */
    async compare(start: Writer, run: string, holders: Holders = NOBODY_ELSE): Promise<Missing> {
      const [ends] = await ask<{
        fence: string;
        chosen: boolean;
        complete: boolean | null;
        gaps: boolean | null;
      }>(
        pool,
        'looking for what is gone',
        `select (select fence from syncs where id = $3) as fence,
           (select true from chosen_extras where run = $1 order by key limit 1) is true as chosen, bool_or(b.complete) as complete,
           bool_or(b.records > 0 and (s.seq is null or b.state <> 'delivered')) as gaps
         from batches b left join seen s using (run, seq) where b.run = $1 and b.seq <> $2`,
        [run, DELETIONS, start.syncId],
      );
      refuseOlder(start.fence, ends?.fence);
      if (ends?.complete !== true || ends.gaps === true)
        throw new SyncFailure('SOURCE_INCOMPLETE', 'the read is not proven to be complete, so nothing is deleted');
      const needsOthers = mayBeHeld(holders) || ends.chosen;
      const [found] = await joiningSets(pool, 'looking for what is gone', (sql) =>
        query<Missing & { unread: number }>(
          sql,
          'looking for what is gone',
          `select (select count(*)::int from ledger where sync_id = $1 and state in ('c', 'x')) as known,
             (select count(*)::int ${deletableRows('$2', '$3', holders)}) as missing,
             ${mayBeHeld(holders) ? `(select count(*)::int ${missingRows('$2')})` : '0'} as unread,
             ${ends.chosen ? `(select count(*)::int ${removableExtras('$3')})` : '0'} as extras,
             (select count(*)::int from quarantine where run = $2 and key is null) as keyless,
             (select coalesce(sum(cardinality(hashes)), 0)::int from seen where run = $2) as seen`,
          needsOthers ? [start.syncId, run, holders.others] : [start.syncId, run],
        ),
      );
      if (!found) return { known: 0, missing: 0, held: 0, extras: 0, keyless: 0, seen: 0 };
      const { unread, ...counted } = found;
      return { ...counted, held: Math.max(0, unread - counted.missing) };
    },
  };
}
