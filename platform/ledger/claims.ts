import type { Pool } from 'pg';
import { SyncFailure } from '../../model/failure.ts';
import type { ReadRange } from '../../model/range.ts';
import type { RunMode } from '../../model/run-state.ts';
import { laterVersion, type RecordVersion, sinceWatermark } from '../../model/version.ts';
import { transaction } from './sql.ts';
import { dropWorkingData } from './working-data.ts';

export interface RunClaim {
  readonly sync: string;
  readonly run: string;
  readonly workflowId: string;
  readonly trigger: string;
  /** What the sync file and the caller want; a first run is always full. */
  readonly mode: RunMode;
  readonly overlapMs: number;
  readonly syncVersion: string;
  /** What to read again. */
  readonly range?: ReadRange;
  /** ISO 8601: the tick of a schedule; absent for a run that somebody started. */
  readonly scheduledFor?: string;
  /** A run known to be dead, whose hold may be taken over. */
  readonly takeOverFrom: string | null;
}

/** Another run holds the sync. */
export interface Held {
  readonly held: true;
  readonly by: string;
  readonly workflowId: string;
  readonly mode: RunMode | null;
}

export type Claimed = Held | { readonly held: false; readonly mode: RunMode; readonly paused: boolean };

/** Who holds a sync. */
export function ledgerClaims(pool: Pool) {
  return {
    /** Invariant 7: one run holds a sync. Answers who holds it when it is not this run. Safe to repeat. */
    claim: (claim: RunClaim): Promise<Claimed> =>
      transaction(pool, 'opening the run', async (sql) => {
        await sql.query('insert into syncs (name) values ($1) on conflict (name) do nothing', [claim.sync]);
        const { rows } = await sql.query<{
          id: number;
          holder: string | null;
          watermark: RecordVersion | null;
          paused: boolean;
        }>('select id, holder, watermark, paused_at is not null as paused from syncs where name = $1 for update', [
          claim.sync,
        ]);
        const sync = rows[0];
        if (!sync) throw new SyncFailure('INTERNAL', 'the sync row vanished while a run was opened');
        if (sync.holder === claim.run)
          return { held: false, mode: await openedMode(sql, claim.run), paused: sync.paused };
        if (sync.holder !== null && sync.holder !== claim.takeOverFrom) {
          const holder = await sql.query<{ workflow_id: string; mode: RunMode }>(
            'select workflow_id, mode from runs where id = $1',
            [sync.holder],
          );
          const [run] = holder.rows;
          return { held: true, by: sync.holder, workflowId: run?.workflow_id ?? '', mode: run?.mode ?? null };
        }
        if (sync.holder !== null) await endAbandoned(sql, sync.holder);
        await refuseEnded(sql, claim.run);
        const mode = sync.watermark === null && claim.mode === 'incremental' ? 'full' : claim.mode;
        const since = sinceOf(mode, sync.watermark, claim);
        const until = mode === 'backfill' ? claim.range?.until : undefined;
        await sql.query('update syncs set holder = $2, fence = fence + 1 where id = $1', [sync.id, claim.run]);
        await sql.query(
          `insert into runs (id, sync_id, workflow_id, mode, trigger, sync_version, since, status, scheduled_for,
             until)
           values ($1, $2, $3, $4, $5, $6, $7, 'running', $8, $9)`,
          [
            claim.run,
            sync.id,
            claim.workflowId,
            mode,
            claim.trigger,
            claim.syncVersion,
            JSON.stringify(since),
            claim.scheduledFor ?? null,
            until ?? null,
          ],
        );
        // It may have been noted as missed meanwhile, when no worker was up.
        if (claim.scheduledFor !== undefined)
          await sql.query('delete from ticks where sync_id = $1 and at = $2', [sync.id, claim.scheduledFor]);
        return { held: false, mode, paused: sync.paused };
      }),
  };
}

type Sql = Pick<Pool, 'query'>;

/** A Temporal that was restored from an older copy may ask for a run again that has ended: the ledger's word stands. */
async function refuseEnded(sql: Sql, run: string): Promise<void> {
  const { rows } = await sql.query('select 1 from runs where id = $1', [run]);
  if (rows.length > 0) throw new SyncFailure('HOLD_LOST', 'this run has ended before');
}

/** Where an incremental read begins. Never beyond the watermark: what lies between would never be read (invariant 2). */
function sinceOf(
  mode: RunMode,
  watermark: RecordVersion | null,
  { range, overlapMs }: RunClaim,
): string | number | null {
  if (mode === 'backfill' && range) return sinceWatermark(range.since, 0);
  if (mode !== 'incremental' || watermark === null) return null;
  const earlier = range !== undefined && laterVersion(range.since, watermark) === watermark;
  return earlier ? sinceWatermark(range.since, 0) : sinceWatermark(watermark, overlapMs);
}

async function openedMode(sql: Sql, run: string): Promise<RunMode> {
  const { rows } = await sql.query<{ mode: RunMode }>('select mode from runs where id = $1', [run]);
  return rows[0]?.mode ?? 'full';
}

async function endAbandoned(sql: Sql, run: string): Promise<void> {
  await sql.query(
    `update runs set status = 'failed', failure_code = 'HOLD_LOST', failure = 'its workflow is gone; another run took over',
       counts = coalesce(counts, '{}'), ended_at = now() where id = $1 and ended_at is null`,
    [run],
  );
  await dropWorkingData(sql, run);
}
