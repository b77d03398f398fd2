import {
  ApplicationFailure,
  allHandlersFinished,
  CancellationScope,
  condition,
  continueAsNew,
  isCancellation,
} from '@temporalio/workflow';
import type { OpenRunInput, RunPlan } from '../activities/index.ts';
import type { FailureCode } from '../model/failure/failure.ts';
import {
  addCounts,
  noCounts,
  nothingChecked,
  type Reconciled,
  type RunReport,
  type RunStatus,
} from '../model/sync/batch.ts';
import { ABORTED, abortedFailure, answerToDoubt } from './control.ts';
import { stepFailure } from './failure.ts';
import { identified } from './identity.ts';
import { syncBatches } from './pipeline.ts';
import { Run, type SyncInput, type SyncStart } from './run.ts';
import { ledgerSteps, stepsUnder } from './steps.ts';

/** One run of one sync: open, sync batch after batch, reconcile, close. */
export async function sync(start: SyncStart): Promise<RunReport> {
  const run = new Run(identified(start));
  let done: RunReport | null;
  try {
    done = await run.control.scope.run(() => runToEnd(run));
  } catch (thrown) {
    const error = run.control.aborted && isCancellation(thrown) ? abortedFailure() : thrown;
    await CancellationScope.nonCancellable(() => closeFailed(run, error));
    throw error;
  }
  await answered();
  if (done) return done;
  if (!run.plan) throw ApplicationFailure.nonRetryable('a run that never opened cannot continue');
  return continueAsNew<typeof sync>({ ...run.input, carried: run.carry(run.plan) });
}

/** Answers null when the run has to continue as new. */
async function runToEnd(run: Run): Promise<RunReport | null> {
  const { input, control } = run;
  run.enter('opening');
  if (!run.plan) {
    const opened = await control.step('open', null, () =>
      ledgerSteps.openRun.executeWithOptions({ summary: 'open the run' }, [openInput(input)]),
    );
    if ('skipped' in opened) return skipped(run);
    run.opened(opened);
    if (opened.doubts) await settleLeft(run, opened);
  }
  if (!run.plan) throw ApplicationFailure.nonRetryable('the run did not open');
  const { policy } = run.plan;
  const steps = stepsUnder(policy);

  run.enter('syncing');
  const complete = await syncBatches(run, steps, policy);
  if (run.stage === 'closed') return ended(run, 'succeeded', nothingChecked);
  if (!complete) {
    // A run that was aborted in its last moment must not go on as a new one, which would not know.
    if (control.scope.consideredCancelled) control.refuseAborted();
    return null;
  }

  await control.beforeWriting();
  if (run.plan.deletes) {
    run.counts = addCounts(
      run.counts,
      await control.step('remove', null, (answered) =>
        steps.removeMissing.executeWithOptions({ summary: 'delete what is gone from the source' }, [
          { run: input.run, ...(answered && { answered }) },
        ]),
      ),
    );
  }

  run.enter('reconciling');
  const { counts, reconciled, partial } = await control.step('reconcile', null, (answered) =>
    steps.reconcileRun.executeWithOptions({ summary: 'reconcile both sides' }, [
      { run: input.run, ...answerToDoubt(answered) },
    ]),
  );
  run.counts = counts;
  const whole = !partial && counts.quarantined + reconciled.missing === 0;
  return close(run, whole ? 'succeeded' : 'partial', reconciled);
}

/** Also a run that will read nothing settles what earlier ones left in doubt (invariant 3). */
async function settleLeft({ control, input }: Run, { policy }: RunPlan): Promise<void> {
  await control.whenRunning();
  await control.step('settle', null, (answered) =>
    stepsUnder(policy).settleLeft.executeWithOptions({ summary: 'settle what earlier runs left in doubt' }, [
      { run: input.run, seq: 0, ...answerToDoubt(answered) },
    ]),
  );
}

const openInput = ({ sync, run, trigger, full, from, range, whenHeld, scheduledFor }: SyncInput): OpenRunInput => ({
  sync,
  run,
  trigger,
  full,
  ...(from && { from }),
  ...(range && { range }),
  ...(whenHeld && { whenHeld }),
  ...(scheduledFor && { scheduledFor }),
});

/** A tick that found another run of its sync open: the ledger has it, and there is nothing to close. */
function skipped(run: Run): RunReport {
  run.stage = 'closed';
  run.show('skipped');
  return {
    sync: run.input.sync,
    run: run.input.run,
    status: 'skipped',
    counts: noCounts,
    reconciled: nothingChecked,
  };
}

async function close(
  run: Run,
  status: RunStatus,
  reconciled: Reconciled,
  failure: { code: string; message: string } | null = null,
): Promise<RunReport> {
  run.enter('closing');
  const { plan } = run;
  const counts = await ledgerSteps.closeRun.executeWithOptions(
    { summary: `close the run as ${status}`, ...(plan && { heartbeatTimeout: plan.policy.heartbeatTimeout }) },
    [{ run: run.input.run, status, reconciled, failure }],
  );
  run.counts = counts;
  run.stage = 'closed';
  return ended(run, status, reconciled);
}

function ended(run: Run, status: RunStatus, reconciled: Reconciled): RunReport {
  const { counts, input } = run;
  run.show(status);
  return { sync: input.sync, run: input.run, status, counts, reconciled };
}

async function closeFailed(run: Run, error: unknown): Promise<void> {
  const status = statusAfter(error, run);
  const { code, message } = stepFailure(error);
  await close(run, status, nothingChecked, status === 'cancelled' ? null : { code, message });
}

/** Whoever has asked with an update gets the answer before this execution ends. */
async function answered(): Promise<void> {
  if (!allHandlersFinished()) await condition(allHandlersFinished);
}

/** What a run waits at because going on may do harm. */
const guards: ReadonlySet<FailureCode> = new Set<FailureCode>(['TOO_MANY_REJECTED', 'SCHEMA_DRIFT']);

/** Invariant 11, honest status. */
function statusAfter(error: unknown, run: Run): RunStatus {
  if (isCancellation(error)) return 'cancelled';
  if (error instanceof ApplicationFailure && error.type === ABORTED) return 'cancelled';
  if (run.control.aborted && guards.has(stepFailure(error).code)) return 'halted';
  return 'failed';
}
