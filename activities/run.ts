import type { Dependencies } from '../engine/dependencies.ts';
import { noticeOlderLedger } from '../engine/older-ledger.ts';
import { watermarkAhead } from '../engine/sources/version-notices.ts';
import { noteTicks } from '../engine/ticks.ts';
import { SyncFailure } from '../model/failure/failure.ts';
import { TICK_MAX_AGE_MS } from '../model/schedule/look.ts';
import type { Counts, Reconciled, RunStatus } from '../model/sync/batch.ts';
import { deliveryClass } from '../model/sync/delivery.ts';
import type { Policy } from '../model/sync/policy.ts';
import { endpointNames, type LoadedSync } from '../model/sync/project.ts';
import type { ReadRange } from '../model/sync/range.ts';
import type { RunFrom, RunMode } from '../model/sync/run-state.ts';
import { deleteLimitsOf } from '../model/sync/sync.ts';
import type { Held } from '../platform/ledger/runs/claims.ts';

export interface OpenRunInput {
  readonly sync: string;
  readonly run: string;
  /** Who started it: `cli`, `schedule`, … */
  readonly trigger: string;
  /** Read everything, whatever the sync file says. */
  readonly full: boolean;
  /** What it reads; absent: the source. */
  readonly from?: RunFrom;
  /** What it reads again; absent: what changed since the watermark, or everything. */
  readonly range?: ReadRange;
  /** What it does when another run of the sync is open; absent: it is refused with LOCKED. */
  readonly whenHeld?: WhenHeld;
  /** ISO 8601: the tick of the schedule that began it. */
  readonly scheduledFor?: string;
}

/** What a run does that finds another one of its sync open: end at once, noted as skipped; or begin when that has ended. */
export type WhenHeld = 'skip' | 'wait';

/** A run that found another one open, and does nothing. */
export interface SkippedRun {
  /** The run that is open. */
  readonly skipped: string;
}

/** What the workflow keeps of a run: limits and words for people. No record, no position, no secret (invariant 8). */
export interface RunPlan {
  readonly mode: RunMode;
  readonly source: string;
  readonly destination: string;
  readonly deliveryClass: string;
  readonly policy: Policy;
  /** Set when the run deletes what it does not find at the source. */
  readonly deletes?: true;
  /** The sync is paused: the run waits before its first batch. */
  readonly paused?: true;
  /** Set when earlier runs may have left a write in doubt: that is settled first. */
  readonly doubts?: true;
  /** Set when both sides do not agree on what earlier runs delivered: it is looked at, also when the source has nothing. */
  readonly unagreed?: true;
}

/**
 * Opens a run and takes hold of its sync (invariant 7). When another run is open it throws LOCKED, or does what
 * `whenHeld` says. Safe to repeat.
 */
export async function openRun(deps: Dependencies, input: OpenRunInput): Promise<RunPlan | SkippedRun> {
  // Whoever starts a run just after an edit means the edit.
  const loaded = await deps.projects.current(input.sync, input.scheduledFor === undefined ? 0 : TICK_MAX_AGE_MS);
  const { epoch } = loaded.openSource(deps.world).can;
  const claim = {
    sync: input.sync,
    run: input.run,
    workflowId: deps.attempt().workflowId,
    trigger: input.trigger,
    mode: modeOf(input, loaded),
    overlapMs: loaded.overlapMs,
    ...(epoch && { epoch }),
    syncVersion: loaded.version,
    ...(input.range && { range: input.range }),
    ...(input.scheduledFor !== undefined && { scheduledFor: input.scheduledFor }),
  };
  // Before this run is one of those that the ledger knows.
  if (input.scheduledFor !== undefined) await noteTicks(deps, input.sync, input.scheduledFor);
  let claimed = await deps.ledger.runs.claim({ ...claim, takeOverFrom: null });
  if (claimed.held && !(await deps.isWorkflowOpen(claimed.workflowId))) {
    deps.log.warn(
      { sync: input.sync, run: input.run, from: claimed.by },
      'taking over from a run whose workflow is gone',
    );
    claimed = await deps.ledger.runs.claim({ ...claim, takeOverFrom: claimed.by });
  }
  if (claimed.held) return refuse(deps, input, claimed);
  if (claimed.watermarkAhead !== null) await deps.ledger.notices.note(input.run, 0, [watermarkAhead]);
  await noticeOlderLedger(deps, loaded, input.run, claimed.ledger);
  const left = await deps.ledger.deliveries.leftBatches(input.run);
  return {
    mode: claimed.mode,
    ...endpointNames(loaded),
    deliveryClass: deliveryClass(loaded.openDestination(deps.world).can),
    policy: loaded.policy,
    ...(claimed.mode === 'full' && deleteLimitsOf(loaded.sync) && { deletes: true as const }),
    ...(claimed.paused && { paused: true as const }),
    ...(left.length > 0 && { doubts: true as const }),
    ...(claimed.unagreed && { unagreed: true as const }),
  };
}

async function refuse(
  { ledger }: Dependencies,
  { sync, scheduledFor, whenHeld }: OpenRunInput,
  { by, workflowId, mode }: Held,
): Promise<SkippedRun> {
  const wait = (retryAfterMs: number) => new SyncFailure('RUN_OPEN', `${workflowId} is open`, { retryAfterMs });
  if (whenHeld === 'wait') throw wait(LOOK_AGAIN_MS);
  // What is new does not stand back behind what is old: it comes next, before the rest of a backfill.
  if (whenHeld === 'skip' && mode === 'backfill') throw wait(LOOK_AGAIN_MS / 5);
  if (whenHeld !== 'skip') throw new SyncFailure('LOCKED', `${workflowId} is open`);
  if (scheduledFor !== undefined) await ledger.ticks.skipped(sync, scheduledFor, by);
  return { skipped: by };
}

/** A run that waits for another one looks this often whether that has ended. */
const LOOK_AGAIN_MS = 5000;

function modeOf(input: OpenRunInput, loaded: LoadedSync): RunMode {
  if (input.from !== undefined) return input.from === 'quarantine' ? 'replay' : 'repair';
  if (input.range?.until) return 'backfill';
  return input.full ? 'full' : loaded.mode;
}

export interface CloseRunInput {
  readonly run: string;
  readonly status: RunStatus;
  readonly reconciled: Reconciled;
  readonly failure: { readonly code: string; readonly message: string } | null;
}

/** Ends a run: moves the watermark if everything was delivered, lets go of the sync. Safe to repeat. */
export const closeRun = (deps: Dependencies, input: CloseRunInput): Promise<Counts> => deps.ledger.runs.close(input);
