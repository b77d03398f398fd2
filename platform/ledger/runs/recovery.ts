import type { Pool } from 'pg';
import { SyncFailure } from '../../../model/failure/failure.ts';
import { query, transaction } from '../sql/sql.ts';

/** Above every number that a newer copy of the ledger can have given to a writer. */
const FENCE_JUMP = 1_000_000_000;

/** What a sync had when its ledger was copied. */
export interface RecoveryStart {
  /** Records that the ledger knows to be delivered. */
  readonly known: number;
  /** When it last ended a run, by its own word; ISO 8601. */
  readonly lastRunAt: string | null;
  /** Runs that were open in the copy, and are ended as failed. */
  readonly abandoned: readonly string[];
}

/** What became of a recovery when both sides agree; `none`: there was none. */
export type RecoveryEnd = 'ended' | 'before its full run' | 'none';

export function ledgerRecovery(pool: Pool) {
  return {
    /**
     * Begins the recovery of a sync whose ledger was restored from an older copy. Its writers get numbers above all that
     * were given since the copy, or a destination that keeps fences would refuse them. Throws SYNC_UNKNOWN for a sync
     * that never ran. Safe to repeat. The caller knows that no run of it is open.
     */
    begin: (sync: string): Promise<RecoveryStart> =>
      transaction(pool, 'beginning a recovery', async (sql) => {
        const { rows } = await sql.query<{ id: number; holder: string | null }>(
          'select id, holder from syncs where name = $1 for update',
          [sync],
        );
        const row = rows[0];
        if (!row) throw new SyncFailure('SYNC_UNKNOWN', `${sync} has never run: there is nothing to recover`);
        await sql.query(
          `update syncs set fence = fence + $2, holder = null, recovering_since = coalesce(recovering_since, now()),
             recovered_at = now() where id = $1`,
          [row.id, FENCE_JUMP],
        );
        await sql.query(
          `update runs set status = 'failed', failure_code = 'HOLD_LOST', failure = 'the ledger was restored from an older copy',
             counts = coalesce(counts, '{}'), ended_at = now() where id = $1 and ended_at is null`,
          [row.holder],
        );
        const facts = await sql.query<{ known: number; last: Date | null }>(
          `select (select count(*)::int from ledger where sync_id = $1 and state <> 'd') as known,
             (select max(ended_at) from runs where sync_id = $1 and failure_code is distinct from 'HOLD_LOST') as last`,
          [row.id],
        );
        return {
          known: facts.rows[0]?.known ?? 0,
          lastRunAt: facts.rows[0]?.last?.toISOString() ?? null,
          abandoned: row.holder === null ? [] : [row.holder],
        };
      }),

    /** The same for the sync of a run that has just opened, and has written nothing yet. */
    async beginOf(run: string): Promise<void> {
      await query(
        pool,
        'beginning a recovery',
        `update syncs set fence = fence + $2, recovering_since = coalesce(recovering_since, now()), recovered_at = now()
         where holder = $1`,
        [run, FENCE_JUMP],
      );
    },

    /** The run that holds the sync, and its workflow; undefined when none does. */
    async holder(sync: string): Promise<{ readonly run: string; readonly workflowId: string } | undefined> {
      const [row] = await query<{ run: string; workflowId: string }>(
        pool,
        'reading who holds the sync',
        `select r.id as run, r.workflow_id as "workflowId" from syncs s join runs r on r.id = s.holder where s.name = $1`,
        [sync],
      );
      return row;
    },

    /**
     * Ends a recovery when both sides agree in all that the ledger knows, and a full run has ended well since it began: what
     * was delivered after the copy, the ledger knows only from that.
     */
    async endAgreed(sync: string): Promise<RecoveryEnd> {
      const [row] = await query<{ over: boolean }>(
        pool,
        'ending a recovery',
        `with recovering as (
           select s.id, exists (
             select from runs r where r.sync_id = s.id and r.mode = 'full' and r.status in ('succeeded', 'partial')
               and r.started_at > s.recovering_since) as over
           from syncs s where s.name = $1 and s.recovering_since is not null),
         ended as (update syncs set recovering_since = null from recovering where syncs.id = recovering.id and over)
         select over from recovering`,
        [sync],
      );
      if (row === undefined) return 'none';
      return row.over ? 'ended' : 'before its full run';
    },

    /** Ends a recovery by a person's word. Answers whether there was one. */
    async end(sync: string): Promise<boolean> {
      const rows = await query(
        pool,
        'ending a recovery',
        'update syncs set recovering_since = null where name = $1 and recovering_since is not null returning id',
        [sync],
      );
      return rows.length > 0;
    },
  };
}
