import { setImmediate as nextTurn } from 'node:timers/promises';
import { Findings } from '../engine/agreement/findings.ts';
import { judgeSample } from '../engine/agreement/judge-sample.ts';
import { lookAtEarlier } from '../engine/agreement/look-at-earlier.ts';
import { Reader } from '../engine/agreement/reader.ts';
import type { AnsweredRun } from '../engine/delivery/doubts.ts';
import { handOver } from '../engine/delivery/hand-over.ts';
import { decideRepeats } from '../engine/delivery/repeats.ts';
import type { Dependencies } from '../engine/dependencies.ts';
import { runOf } from '../engine/running-sync.ts';
import type { ReadBack } from '../model/connector/connector.ts';
import { type BatchRef, type Counts, nothingChecked, type Reconciled } from '../model/sync/batch.ts';
import { refuseUnaccounted } from '../model/sync/conservation.ts';
import type { LoadedSync } from '../model/sync/project.ts';
import type { Written } from '../platform/ledger/deliveries/samples.ts';

export interface ReconcileResult {
  readonly counts: Counts;
  readonly reconciled: Reconciled;
  /** Whatever the numbers say, the run does not read as success. */
  readonly partial?: true;
}

/**
 * Step 5: closes the books of a run. The counts have to add up (invariant 1), and what the run delivered is read back
 * from the destination and compared with what the ledger says was sent, together with what earlier runs found not to
 * agree. What waits for all to be read is delivered first: records of repeated keys, and those whose row had an owner who
 * is gone. Safe to repeat.
 */
export async function reconcileRun(deps: Dependencies, input: AnsweredRun): Promise<ReconcileResult> {
  const { run } = input;
  await decideRepeats(deps, input);
  await handOver(deps, input);
  const counts = await deps.ledger.runs.counts(run);
  refuseUnaccounted('the run', counts);
  const { facts, loaded } = await runOf(deps, run);
  const compare = () => compareBack(deps, { run, syncId: facts.syncId }, loaded);
  const reconciled = await deps.bulkhead.hold(loaded.destinationConnection.name, compare);
  await tellRepeats(deps, run, loaded);
  const partial = await deps.ledger.notices.isPartial(run);
  return { counts, reconciled, ...(partial && { partial }) };
}

/** In a list that keeps its records, one that was read twice may stand where another was passed over. */
async function tellRepeats({ ledger, world }: Dependencies, run: string, loaded: LoadedSync): Promise<void> {
  if (!loaded.openSource(world).can.countedPages) return;
  const records = await ledger.deletes.repeats(run);
  if (records === 0) return;
  const detail = `${records} records came with a key that had been read before`;
  await ledger.notices.note(run, 0, [{ code: 'PAGES_REPEAT', subject: '', records, detail }]);
}

/** Reads back the sample that each batch kept, also of runs that ended before they could, and what is not agreed from before. */
async function compareBack(
  deps: Dependencies,
  { run, syncId }: { readonly run: string; readonly syncId: number },
  loaded: LoadedSync,
): Promise<Reconciled> {
  const destination = loaded.openDestination(deps.world);
  const attempt = deps.attempt();
  const reader = new Reader(destination, loaded.sync, attempt.signal);
  const scope = { deps, run, syncId, loaded, reader };
  const findings = await Findings.of(scope);
  if (destination.read === undefined) {
    await findings.tell(findings.openBefore);
    return nothingChecked;
  }
  for await (const { ref, sample, back } of readAhead(reader, deps.ledger.samples.ofSync(syncId))) {
    await judgeSample(scope, findings, ref, sample, await back);
    attempt.report({ ...findings.counts });
    await nextTurn();
  }
  await findings.tell(await lookAtEarlier(scope, findings));
  return findings.counts;
}

interface SampleRead {
  readonly ref: BatchRef;
  readonly sample: readonly Written[];
  readonly back: Promise<readonly (ReadBack | undefined)[]>;
}

/** While one sample is compared, the next is being read. */
async function* readAhead(
  reader: Reader,
  samples: AsyncIterable<BatchRef & { readonly sample: readonly Written[] }>,
): AsyncGenerator<SampleRead> {
  let before: SampleRead | undefined;
  for await (const { run, seq, sample } of samples) {
    const back = reader.readVisible(sample);
    // Awaited with the sample; a failure before that must not count as unhandled.
    back.catch(() => {});
    if (before) yield before;
    before = { ref: { run, seq }, sample, back };
  }
  if (before) yield before;
}
