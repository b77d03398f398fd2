import { Context } from '@temporalio/activity';
import type { Counts, Reconciled, RunStatus } from '../model/batch.ts';
import { deliveryClass } from '../model/delivery.ts';
import { SyncFailure } from '../model/failure.ts';
import type { Policy } from '../model/policy.ts';
import type { LoadedSync } from '../model/project.ts';
import type { RunMode } from '../model/run-state.ts';
import { deleteLimitsOf } from '../model/sync.ts';
import type { RunFacts } from '../platform/ledger/runs.ts';
import type { Dependencies } from './dependencies.ts';
import { replaying } from './replay.ts';
import { withSides } from './sides.ts';

export interface OpenRunInput {
  readonly sync: string;
  readonly run: string;
  readonly trigger: string;
  /** Read everything, whatever the sync file says. */
  readonly full: boolean;
  /** Absent: the source. */
  readonly from?: 'quarantine';
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
}

/** Opens a run and takes hold of its sync (invariant 7). Throws LOCKED when another run is open. Safe to repeat. */
export async function openRun(deps: Dependencies, input: OpenRunInput): Promise<RunPlan> {
  const loaded = await deps.projects.current(input.sync);
  const claim = {
    sync: input.sync,
    run: input.run,
    workflowId: Context.current().info.workflowExecution?.workflowId ?? '',
    trigger: input.trigger,
    mode: modeOf(input, loaded),
    overlapMs: loaded.overlapMs,
    syncVersion: loaded.version,
  };
  let claimed = await deps.ledger.runs.claim({ ...claim, takeOverFrom: null });
  if (claimed.held && !(await deps.isWorkflowOpen(claimed.workflowId))) {
    deps.log.warn(
      { sync: input.sync, run: input.run, from: claimed.by },
      'taking over from a run whose workflow is gone',
    );
    claimed = await deps.ledger.runs.claim({ ...claim, takeOverFrom: claimed.by });
  }
  if (claimed.held) throw new SyncFailure('LOCKED', `${claimed.workflowId} is open`);
  return {
    mode: claimed.mode,
    source: describe(loaded.sync.source.kind, loaded.sourceConnection.name),
    destination: describe(loaded.sync.destination.kind, loaded.destinationConnection.name),
    deliveryClass: deliveryClass(loaded.openDestination(deps.world).can),
    policy: loaded.policy,
    ...(claimed.mode === 'full' && deleteLimitsOf(loaded.sync) && { deletes: true as const }),
  };
}

function modeOf(input: OpenRunInput, loaded: LoadedSync): RunMode {
  if (input.from === 'quarantine') return 'replay';
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

/** The facts of a run and its sync in the version that the run began with. */
export async function runOf(deps: Dependencies, run: string): Promise<{ facts: RunFacts; loaded: LoadedSync }> {
  const facts = await deps.ledger.runs.facts(run);
  const loaded = await deps.projects.version(facts.sync, facts.syncVersion);
  return { facts, loaded: facts.mode === 'replay' ? replaying(deps, loaded, run) : withSides(loaded) };
}

const describe = (kind: string, connection: string): string => `${connection} (${kind})`;
