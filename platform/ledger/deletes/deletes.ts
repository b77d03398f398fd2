import type { Pool } from 'pg';
import { type Counts, noCounts } from '../../../model/sync/batch.ts';
import { ask, query, takeFence, type WriterStart, writeUnderFence } from '../sql/sql.ts';
import { ledgerDeleteIntents, leftInDoubt, voidLeft } from './delete-intents.ts';
import { DELETIONS, type Holders, ledgerDeletions } from './deletions.ts';
import { ledgerExtras } from './extras.ts';
import { ledgerMissing } from './missing.ts';

export interface RemovalStart extends WriterStart {
  /** The list has been decided by an earlier attempt. */
  readonly decided: boolean;
  /** Set when all is done. */
  readonly done: Counts | null;
  /** When the run began; ISO 8601. */
  readonly startedAt: string;
  /** The run keeps to a plan. */
  readonly planned: boolean;
  /** Earlier runs of the sync left deletes in doubt. */
  readonly left: boolean;
}

/** Deleting from the destination what is gone from the source. */
export function ledgerDeletes(pool: Pool) {
  return {
    ...ledgerExtras(pool),
    ...ledgerMissing(pool),
    ...ledgerDeletions(pool),
    ...ledgerDeleteIntents(pool),

    /** Takes the next fence number for this attempt and tells how far an earlier one came. */
    async begin(run: string): Promise<RemovalStart> {
      const writer = await takeFence(pool, run);
      const [row] = await ask<{
        state: string | null;
        counts: Counts | null;
        at: Date;
        planned: boolean;
        left: boolean;
      }>(
        pool,
        'beginning to delete',
        `select b.state, b.counts, r.started_at as at, exists (select from planned_runs where run = $2) as planned,
           exists (select ${leftInDoubt('$2', '$3')}) as left
         from runs r left join batches b on b.run = r.id and b.seq = $3 where r.id = $2`,
        [writer.syncId, run, DELETIONS],
      );
      const { state = null, counts = null, at, planned = false, left = false } = row ?? {};
      return {
        ...writer,
        decided: state !== null,
        done: state === 'delivered' ? (counts ?? noCounts) : null,
        startedAt: at?.toISOString() ?? '',
        planned,
        left,
      };
    },

    /** Who else may have rows of the sync: `others` are the names of the syncs that write to the same place. */
    async holders(syncId: number, others: readonly string[]): Promise<Holders> {
      const [row] = await query<{ others: number[] | null; named: boolean }>(
        pool,
        'looking for who shares a destination',
        `select (select array_agg(id) from syncs where name = any ($2::text[])) as others,
           (select true from ledger where sync_id = $1 and destination_id is not null order by destination_id limit 1) is true as named`,
        [syncId, others],
      );
      return { others: row?.others ?? [], named: row?.named ?? false };
    },

    /** Ends the deletions of a run: what was deleted is counted from the ledger. */
    async close(start: RemovalStart, run: string): Promise<Counts> {
      if (start.left) await voidLeft(pool, start, run);
      const row = await writeUnderFence<{ counts: Counts }>(
        pool,
        'closing the deletions',
        start,
        `deleted as (select coalesce(sum(confirmed), 0)::int as n from intents where run = $3 and seq = $4),
         closed as (
           update batches set state = 'delivered', counts = $5::jsonb || jsonb_build_object('deleted', n), delivered_at = now()
           from writer, deleted where run = $3 and seq = $4 returning counts)`,
        [run, DELETIONS, noCounts],
        { answer: ', (select counts from closed) as counts' },
      );
      return row?.counts ?? noCounts;
    },
  };
}
