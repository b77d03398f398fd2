import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import { Context } from '@temporalio/activity';
import type { Counts, Reconciled } from '../model/batch.ts';
import type { Destination, ReadBack } from '../model/connector.ts';
import { refuseUnaccounted } from '../model/conservation.ts';
import type { LoadedSync } from '../model/project.ts';
import type { Written } from '../platform/ledger/samples.ts';
import type { Dependencies } from './dependencies.ts';
import { reportProgress } from './progress.ts';
import { contentComparison, readKey } from './read-back.ts';
import { runOf } from './run.ts';

/** Records compared before others get a turn. */
const SLICE = 500;

export interface ReconcileResult {
  readonly counts: Counts;
  readonly reconciled: Reconciled;
  /** Whatever the numbers say, the run does not read as success. */
  readonly partial?: true;
}

/**
 * Step 5: closes the books of a run. The counts have to add up (invariant 1), and what the run delivered is read back
 * from the destination and compared with what the ledger says was sent. Reads only; safe to repeat.
 */
export async function reconcileRun(deps: Dependencies, run: string): Promise<ReconcileResult> {
  const counts = await deps.ledger.runs.counts(run);
  refuseUnaccounted('the run', counts);
  const { loaded } = await runOf(deps, run);
  const compare = () => compareBack(deps, run, loaded);
  const reconciled = await deps.bulkhead.hold(loaded.destinationConnection.name, compare);
  const partial = await deps.ledger.notices.isPartial(run);
  return { counts, reconciled, ...(partial && { partial }) };
}

/** Reads back the sample that each batch kept. */
async function compareBack(deps: Dependencies, run: string, loaded: LoadedSync): Promise<Reconciled> {
  const found = { checked: 0, missing: 0, extra: 0, different: 0 };
  const destination = loaded.openDestination(deps.world);
  if (destination.read === undefined) return found;
  const isSame = contentComparison(destination, loaded.sync.mapping.to);
  for await (const { sample, keys, back } of readAhead(destination, deps.ledger.samples.ofRun(run))) {
    const rows = await back;
    for (const [index, written] of sample.entries()) {
      const read = rows.get(keys[index] ?? '');
      found.checked++;
      if (read === undefined) found.missing++;
      else if (!isSame(written.json, read.record)) found.different++;
      if (found.checked % SLICE === 0) await nextTurn();
    }
    reportProgress(found);
    await nextTurn();
  }
  return found;
}

interface SampleRead {
  readonly sample: readonly Written[];
  readonly keys: readonly string[];
  readonly back: Promise<ReadonlyMap<string, ReadBack>>;
}

/** While one sample is compared, the next is being read. */
async function* readAhead(
  destination: Destination,
  samples: AsyncIterable<readonly Written[]>,
): AsyncGenerator<SampleRead> {
  const signal = Context.current().cancellationSignal;
  let before: SampleRead | undefined;
  for await (const sample of samples) {
    const keys = sample.map((written) => readKey(destination, written));
    const back = readVisible(destination, keys, signal);
    // Awaited with the sample; a failure before that must not count as unhandled.
    back.catch(() => {});
    if (before) yield before;
    before = { sample, keys, back };
  }
  if (before) yield before;
}

/** What was written a moment ago may not be visible yet: what is absent is read again when the destination's lag is over. */
async function readVisible(
  destination: Destination,
  keys: readonly string[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, ReadBack>> {
  const back = (await destination.read?.(keys, signal)) ?? new Map<string, ReadBack>();
  const absent = keys.filter((key) => !back.has(key));
  if (absent.length === 0 || !destination.can.lookupLagMs) return back;
  await sleep(destination.can.lookupLagMs, undefined, { signal });
  return new Map([...back, ...((await destination.read?.(absent, signal)) ?? [])]);
}
