import type { Pool } from 'pg';
import { type Counts, noCounts } from '../../model/batch.ts';
import { ledgerDeleteIntents, voidLeft } from './delete-intents.ts';
import { DELETIONS, ledgerDeletions } from './deletions.ts';
import { ledgerExtras } from './extras.ts';
import { ledgerMissing } from './missing.ts';
import { holdFence, takeFence, transaction, type Writer } from './sql.ts';

export interface RemovalStart extends Writer {
  /** The list has been decided by an earlier attempt. */
  readonly decided: boolean;
  /** Set when all is done. */
  readonly done: Counts | null;
  /** When the run began; ISO 8601. */
  readonly startedAt: string;
  /** The ledger may know less than the destination, so that nothing may be deleted. */
  readonly recovering: boolean;
}

/** Deleting from the destination what is gone from the source. */
export function ledgerDeletes(pool: Pool) {
  return {
    ...ledgerExtras(pool),
    ...ledgerMissing(pool),
    ...ledgerDeletions(pool),
    ...ledgerDeleteIntents(pool),

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

    /** Ends the deletions of a run: what was deleted is counted from the ledger. */
    close: (start: Writer, run: string): Promise<Counts> =>
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
