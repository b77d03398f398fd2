import { CancellationScope, condition, workflowInfo } from '@temporalio/workflow';
import type { BatchRef } from '../model/sync/batch.ts';
import type { Policy } from '../model/sync/policy.ts';
import { answerToDoubt } from './control.ts';
import type { Run } from './run.ts';
import type { Steps } from './steps.ts';

/**
 * Batch after batch: fetch → validate → transform → deliver. A bounded window of batches is under way at once; they are
 * delivered in order, so that a newer version of a record never arrives before an older one (invariant 5).
 * Answers false when the history is long enough and the run should continue as new.
 */
export async function syncBatches(run: Run, steps: Steps, policy: Policy): Promise<boolean> {
  const firstSeq = run.seq;
  let complete = false;
  let inFlight = 0;
  let failed: { error: unknown } | undefined;
  let before: Promise<void> = Promise.resolve();

  const scope = new CancellationScope({ cancellable: true });
  await scope
    .run(async () => {
      while (!complete && !isLong(run.seq - firstSeq, policy)) {
        await run.control.whenRunning();
        await condition(() => inFlight < policy.batchesInFlight);
        const ref: BatchRef = { run: run.input.run, seq: run.seq + 1 };
        const fetched = await run.control.step('fetch', ref.seq, () =>
          steps.fetchBatch.executeWithOptions({ summary: `batch ${ref.seq}: fetch` }, [
            run.mayEndEmpty ? { ...ref, closeEmpty: true } : ref,
          ]),
        );
        run.seq = ref.seq;
        run.fetched += fetched.records;
        run.show();
        complete = fetched.complete;
        if (fetched.closed) run.endedEmpty(fetched.closed);
        if (fetched.records === 0) continue;
        inFlight++;
        before = finishBatch(run, steps, ref, before)
          .finally(() => {
            inFlight--;
          })
          .catch((error: unknown) => {
            failed ??= { error };
            scope.cancel();
          });
      }
      await before;
    })
    .catch((error: unknown) => {
      failed ??= { error };
    });
  if (failed) {
    scope.cancel();
    await before;
    throw failed.error;
  }
  return complete;
}

async function finishBatch(run: Run, steps: Steps, ref: BatchRef, before: Promise<void>): Promise<void> {
  const { control } = run;
  await control.step('validate', ref.seq, (answered) =>
    steps.validateBatch.executeWithOptions({ summary: `batch ${ref.seq}: validate` }, [
      answered?.answer === 'skip' && answered.to === 'SCHEMA_DRIFT' ? { ...ref, acceptDrift: true } : ref,
    ]),
  );
  await control.step('transform', ref.seq, () =>
    steps.transformBatch.executeWithOptions({ summary: `batch ${ref.seq}: transform` }, [ref]),
  );
  await before;
  await control.beforeWriting();
  control.refuseAborted();
  const counts = await control.step('deliver', ref.seq, (answered) =>
    steps.deliverBatch.executeWithOptions({ summary: `batch ${ref.seq}: deliver` }, [
      { ...ref, ...answerToDoubt(answered) },
    ]),
  );
  run.closed(counts);
}

const isLong = (batches: number, policy: Policy): boolean =>
  batches > 0 && (batches >= policy.batchesPerExecution || workflowInfo().continueAsNewSuggested);
