import type { Pool, PoolClient } from 'pg';
import { SyncFailure } from '../../model/failure.ts';
import type { ReadRange } from '../../model/range.ts';
import type { RunMode } from '../../model/run-state.ts';
import {
  includingAgain,
  laterVersion,
  type RecordVersion,
  type SentAgain,
  sinceWatermark,
} from '../../model/version.ts';
import { ask, query, transaction } from './sql.ts';
import { isToLookAt, SENT_AGAIN } from './unagreed.ts';
import { droppedOf } from './working-data.ts';

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

export type Claimed =
  | Held
  | {
      readonly held: false;
      readonly mode: RunMode;
      readonly paused: boolean;
      /** Both sides do not agree on what earlier runs delivered, or nobody has looked. */
      readonly unagreed: boolean;
    };

/** Who holds a sync. */
export function ledgerClaims(pool: Pool) {
  return {
    /** Invariant 7: one run holds a sync. Answers who holds it when it is not this run. Safe to repeat. */
    async claim(claim: RunClaim): Promise<Claimed> {
      for (;;) {
        const sync = await syncOf(pool, claim);
        const { holder, opened, paused, unagreed } = sync;
        if (holder === claim.run && opened !== null) return { held: false, mode: opened, paused, unagreed };
        if (holder === claim.run) throw new SyncFailure('INTERNAL', 'another attempt was opening the run');
        if (holder !== null && holder !== claim.takeOverFrom) return heldBy(pool, holder);
        // A Temporal that was restored from an older copy may ask for a run again that has ended: the ledger's word stands.
        if (opened !== null) throw new SyncFailure('HOLD_LOST', 'this run has ended before');
        const mode = sync.watermark === null && claim.mode === 'incremental' ? 'full' : claim.mode;
        // Somebody may have come between what was read and this: then it is looked at anew.
        const taken = await takeHold(pool, sync, claim, mode);
        if (taken) return { held: false, mode, paused: taken.paused, unagreed };
      }
    },
  };
}

interface FoundSync {
  readonly id: number;
  readonly holder: string | null;
  readonly fence: string;
  readonly watermark: RecordVersion | null;
  readonly paused: boolean;
  readonly unagreed: boolean;
  readonly again: SentAgain | null;
  /** The mode of the run that claims it, when the ledger knows that run already. */
  readonly opened: RunMode | null;
}

async function syncOf(pool: Pool, { sync, run }: RunClaim): Promise<FoundSync> {
  const columns = `id, holder, fence, watermark, paused_at is not null as paused, (${SENT_AGAIN}) as again,
    ${isToLookAt('syncs.id')} as unagreed`;
  const [known] = await ask<FoundSync & Record<string, unknown>>(
    pool,
    'opening the run',
    `select ${columns}, (select mode from runs where id = $2) as opened from syncs where name = $1`,
    [sync, run],
  );
  if (known) return known;
  const [added] = await ask<FoundSync & Record<string, unknown>>(
    pool,
    'opening the run',
    `insert into syncs (name) values ($1) on conflict (name) do update set name = excluded.name
     returning ${columns}, (select mode from runs where id = $2) as opened`,
    [sync, run],
  );
  if (!added) throw new SyncFailure('INTERNAL', 'the sync row vanished while a run was opened');
  return added;
}

async function heldBy(pool: Pool, holder: string): Promise<Held> {
  const [run] = await ask<{ workflow_id: string; mode: RunMode }>(
    pool,
    'reading who holds the sync',
    'select workflow_id, mode from runs where id = $1',
    [holder],
  );
  return { held: true, by: holder, workflowId: run?.workflow_id ?? '', mode: run?.mode ?? null };
}

/** As the sync was at the moment in which the run took hold of it: whoever pauses it later finds the run. */
type Taken = Pick<FoundSync, 'paused'>;

/** Undefined when the sync was not as it was found any more. Else the run holds it, and whoever held it before is ended. */
async function takeHold(pool: Pool, sync: FoundSync, claim: RunClaim, mode: RunMode): Promise<Taken | undefined> {
  const { holder } = sync;
  if (holder === null) return openHeld(pool, sync, claim, mode);
  return transaction(pool, 'taking over a sync', async (sql) => {
    const taken = await openHeld(sql, sync, claim, mode);
    if (taken) await endAbandoned(sql, holder);
    return taken;
  });
}

async function openHeld(
  sql: Pool | PoolClient,
  sync: FoundSync,
  claim: RunClaim,
  mode: RunMode,
): Promise<Taken | undefined> {
  const until = mode === 'backfill' ? claim.range?.until : undefined;
  const [taken] = await ask<Taken & Record<string, unknown>>(
    sql,
    'opening the run',
    `with held as (
       update syncs set holder = $1, fence = fence + 1
       where id = $2 and fence = $3 and holder is not distinct from $4
       returning id, paused_at is not null as paused),
     -- The tick may have been noted as missed meanwhile, when no worker was up.
     begun as (delete from ticks using held where sync_id = held.id and at = $5::timestamptz),
     opened as (
       insert into runs (id, sync_id, workflow_id, mode, trigger, sync_version, since, status, scheduled_for, until)
       select $1, id, $6, $7, $8, $9, $10::jsonb, 'running', $5::timestamptz, $11::jsonb from held)
     select paused from held`,
    [
      claim.run,
      sync.id,
      sync.fence,
      sync.holder,
      claim.scheduledFor ?? null,
      claim.workflowId,
      mode,
      claim.trigger,
      claim.syncVersion,
      JSON.stringify(sinceOf(mode, includingAgain(sync.watermark, sync.again), claim)),
      until ?? null,
    ],
  );
  return taken;
}

/**
 * Where an incremental read begins. Never beyond the watermark: what lies between would never be read (invariant 2); and
 * early enough for what has to be sent again.
 */
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

async function endAbandoned(sql: PoolClient, run: string): Promise<void> {
  await query(
    sql,
    'ending an abandoned run',
    `with abandoned as (select from runs where id = $1),
       ended as (
         update runs set status = 'failed', failure_code = 'HOLD_LOST',
           failure = 'its workflow is gone; another run took over', counts = coalesce(counts, '{}'), ended_at = now()
         where id = $1 and ended_at is null),
       ${droppedOf('$1', 'abandoned')}
     select from abandoned`,
    [run],
  );
}
