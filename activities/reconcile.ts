import { Context } from '@temporalio/activity';
import { type Counts, type Reconciled, unaccounted } from '../model/batch.ts';
import type { Destination } from '../model/connector.ts';
import { SyncFailure } from '../model/failure.ts';
import type { LoadedSync } from '../model/project.ts';
import type { Touched } from '../platform/ledger/reports.ts';
import type { Dependencies } from './dependencies.ts';
import { reportProgress } from './progress.ts';
import { runOf } from './run.ts';
import { sameContent } from './same-content.ts';

export interface ReconcileResult {
  readonly counts: Counts;
  readonly reconciled: Reconciled;
}

/** Records asked for in one look-up. */
const READ_BACK_BATCH = 500;

/**
 * Step 5: closes the books of a run. The counts have to add up (invariant 1), and what the run delivered is read back
 * from the destination and compared with what the ledger says was sent. Reads only; safe to repeat.
 */
export async function reconcileRun(deps: Dependencies, run: string): Promise<ReconcileResult> {
  const counts = await deps.ledger.runs.counts(run);
  if (unaccounted(counts) !== 0) {
    throw new SyncFailure('CONSERVATION', `the run: ${JSON.stringify(counts)} leaves ${unaccounted(counts)}`);
  }
  const { loaded } = await runOf(deps, run);
  const { readBack } = loaded.policy;
  const limit = readBack === 'all' ? counts.delivered : Math.min(readBack, counts.delivered);
  const destination = loaded.openDestination(deps.world);
  if (limit === 0 || destination.read === undefined) return { counts, reconciled: nothingRead };
  const touched = await deps.ledger.reports.touched(run, limit);
  return { counts, reconciled: await compareBack(loaded, destination, touched) };
}

const nothingRead: Reconciled = { checked: 0, missing: 0, extra: 0, different: 0 };

async function compareBack(
  loaded: LoadedSync,
  destination: Destination,
  touched: readonly Touched[],
): Promise<Reconciled> {
  let missing = 0;
  let different = 0;
  for (let start = 0; start < touched.length; start += READ_BACK_BATCH) {
    const part = touched.slice(start, start + READ_BACK_BATCH);
    const keys = part.map(({ key, destinationId }) => (destination.readsBy === 'key' ? key : (destinationId ?? key)));
    const found = await destination.read?.(keys, Context.current().cancellationSignal);
    for (const [index, record] of part.entries()) {
      const back = found?.get(keys[index] ?? '');
      if (back === undefined) missing++;
      else if (!sameContent(loaded.sync.mapping.to, back.record, record.hash)) different++;
    }
    reportProgress({ readBack: start + part.length, of: touched.length });
  }
  return { checked: touched.length, missing, extra: 0, different };
}
