import type { Pool, PoolClient } from 'pg';
import { SyncFailure } from '../../../model/failure/failure.ts';
import { type EpochUnit, includingAgain, isAfter, type RecordVersion } from '../../../model/record/version.ts';
import type { ReadRange } from '../../../model/sync/range.ts';
import type { RunMode } from '../../../model/sync/run-state.ts';
import { writtenVersion } from '../../../model/version/version-form.ts';
import { isToLookAt } from '../records/unagreed.ts';
import { ask, query, transaction } from '../sql/sql.ts';
import { droppedOf } from '../staging/working-data.ts';
import { LEDGER_STATE, type LedgerState } from './ledger-state.ts';
import {
  forgetVersionsBeyond,
  KNOWN_OF_SYNC,
  type KnownOfSync,
  overlapStart,
  type UsableWatermark,
  usableWatermark,
} from './watermarks.ts';

export interface RunClaim {
  readonly sync: string;
  readonly run: string;
  readonly workflowId: string;
  readonly trigger: string;
  /** What the sync file and the caller want; a first run is always full. */
  readonly mode: RunMode;
  readonly overlapMs: number;
  /** What whole-number versions of its source count. */
  readonly epoch?: EpochUnit;
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

export interface Taken {
  readonly held: false;
  readonly mode: RunMode;
  readonly paused: boolean;
  /** Both sides do not agree on what earlier runs delivered, or nobody has looked. */
  readonly unagreed: boolean;
  /** The watermark that was stored and is not used, as it lies beyond the clock. */
  readonly watermarkAhead: RecordVersion | null;
  /** As it was before the run. */
  readonly ledger: LedgerState;
}

export type Claimed = Held | Taken;

/** Who holds a sync. */
export function ledgerClaims(pool: Pool) {
  return {
    /** Invariant 7: one run holds a sync. Answers who holds it when it is not this run. Safe to repeat. */
    async claim(claim: RunClaim): Promise<Claimed> {
      for (;;) {
        const sync = await syncOf(pool, claim);
        const { holder, opened, openedAhead, paused, unagreed, ledger } = sync;
        if (holder === claim.run && opened !== null)
          return { held: false, mode: opened, paused, unagreed, watermarkAhead: openedAhead, ledger };
        if (holder === claim.run) throw new SyncFailure('INTERNAL', 'another attempt was opening the run');
        if (holder !== null && holder !== claim.takeOverFrom) return heldBy(pool, holder);
        // A Temporal that was restored from an older copy may ask for a run again that has ended: the ledger's word stands.
        if (opened !== null) throw new SyncFailure('HOLD_LOST', 'this run has ended before');
        const { watermark, ahead } = await usableWatermark(pool, sync, claim.epoch);
        if (ahead !== null) await forgetVersionsBeyond(pool, sync, ahead);
        const mode = watermark === null && claim.mode === 'incremental' ? 'full' : claim.mode;
        const since = await sinceOf(pool, sync, { mode, watermark, claim });
        // Somebody may have come between what was read and this: then it is looked at anew.
        const taken = await takeHold(pool, sync, claim, { mode, since, watermark, ahead });
        if (taken) return { held: false, mode, paused: taken.paused, unagreed, watermarkAhead: ahead, ledger };
      }
    },
  };
}

interface FoundSync extends KnownOfSync {
  readonly holder: string | null;
  readonly fence: string;
  readonly paused: boolean;
  readonly unagreed: boolean;
  readonly ledger: LedgerState;
  /** The mode of the run that claims it, when the ledger knows that run already. */
  readonly opened: RunMode | null;
  readonly openedAhead: RecordVersion | null;
}

/** How a run begins to read. */
interface Beginning extends UsableWatermark {
  readonly mode: RunMode;
  readonly since: string | number | null;
}

async function syncOf(pool: Pool, { sync, run }: RunClaim): Promise<FoundSync> {
  const columns = `${KNOWN_OF_SYNC}, holder, fence, paused_at is not null as paused, ${isToLookAt('syncs.id')} as unagreed,
    ${LEDGER_STATE} as ledger, (select mode from runs where id = $2) as opened,
    (select watermark_ahead from runs where id = $2) as "openedAhead"`;
  const [known] = await ask<FoundSync & Record<string, unknown>>(
    pool,
    'opening the run',
    `select ${columns} from syncs where name = $1`,
    [sync, run],
  );
  if (known) return known;
  const [added] = await ask<FoundSync & Record<string, unknown>>(
    pool,
    'opening the run',
    `insert into syncs (name) values ($1) on conflict (name) do update set name = excluded.name
     returning ${columns}`,
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
type Seized = Pick<FoundSync, 'paused'>;

/** Undefined when the sync was not as it was found any more. Else the run holds it, and whoever held it before is ended. */
async function takeHold(
  pool: Pool,
  sync: FoundSync,
  claim: RunClaim,
  beginning: Beginning,
): Promise<Seized | undefined> {
  const { holder } = sync;
  if (holder === null) return openHeld(pool, sync, claim, beginning);
  return transaction(pool, 'taking over a sync', async (sql) => {
    const taken = await openHeld(sql, sync, claim, beginning);
    if (taken) await endAbandoned(sql, holder);
    return taken;
  });
}

async function openHeld(
  sql: Pool | PoolClient,
  sync: FoundSync,
  claim: RunClaim,
  { mode, since, watermark, ahead }: Beginning,
): Promise<Seized | undefined> {
  const until = mode === 'backfill' ? claim.range?.until : undefined;
  const [taken] = await ask<Seized & Record<string, unknown>>(
    sql,
    'opening the run',
    `with held as (
       update syncs set holder = $1, fence = fence + 1, watermark = $12::jsonb
       where id = $2 and fence = $3 and holder is not distinct from $4
       returning id, paused_at is not null as paused),
     -- The tick may have been noted as missed meanwhile, when no worker was up.
     begun as (delete from ticks using held where sync_id = held.id and at = $5::timestamptz),
     opened as (
       insert into runs (id, sync_id, workflow_id, mode, trigger, sync_version, since, status, scheduled_for, until,
         watermark_before, watermark_ahead)
       select $1, id, $6, $7, $8, $9, $10::jsonb, 'running', $5::timestamptz, $11::jsonb, $12::jsonb, $13::jsonb from held)
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
      JSON.stringify(since),
      until ?? null,
      watermark,
      ahead,
    ],
  );
  return taken;
}

/**
 * Where an incremental read begins. Never beyond the watermark: what lies between would never be read (invariant 2); and
 * early enough for what has to be sent again.
 */
async function sinceOf(
  pool: Pool,
  sync: FoundSync,
  { mode, watermark, claim }: Pick<Beginning, 'mode' | 'watermark'> & { readonly claim: RunClaim },
): Promise<string | number | null> {
  const { range, overlapMs } = claim;
  const form = watermark?.form === undefined ? {} : { form: watermark.form };
  if (mode === 'backfill' && range) return writtenVersion({ ...form, ...range.since });
  if (mode !== 'incremental' || watermark === null) return null;
  const reaching = includingAgain(watermark, sync.again);
  if (reaching === null) return null;
  const isEarlier = range !== undefined && isAfter(reaching, range.since);
  return isEarlier ? writtenVersion({ ...form, ...range.since }) : overlapStart(pool, sync.id, reaching, overlapMs);
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
       ${droppedOf('$1', 'abandoned', 'false')}
     select from abandoned`,
    [run],
  );
}
