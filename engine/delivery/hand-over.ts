import type { Waiting } from '../../platform/ledger/deliveries/hand-overs.ts';
import { preparedOf } from '../batches/prepare.ts';
import type { Dependencies } from '../dependencies.ts';
import { type RunningSync, runOf } from '../running-sync.ts';
import { deliverLate } from './deliver-late.ts';
import { type AnsweredRun, answerTo, LATE } from './doubts.ts';

/**
 * When everything has been read: a record that was set aside, since another one has its row, becomes the owner where that
 * one is gone from the source, as one does whose key was respelt there. The row stays, and the record is delivered after
 * all. Only a complete read can tell. Safe to repeat.
 */
export async function handOver(deps: Dependencies, input: AnsweredRun): Promise<void> {
  const { run } = input;
  const running = await runOf(deps, run);
  const { facts, loaded } = running;
  // A run that keeps to a plan sends nothing else: the next one finds the row free.
  if (facts.mode !== 'full' || facts.planned) return;
  const { deliveries } = deps.ledger;
  const waiting = await deliveries.waiting(facts.syncId, run);
  if (waiting.length === 0) return;
  const heirs = await heirsAmong(deps, running, run, waiting);
  if (heirs.length === 0) return;
  await deps.bulkhead.hold(loaded.destinationConnection.name, async () => {
    const start = await deliveries.beginLeft(run);
    const answer = await answerTo(deps, start, { ...input, seq: LATE });
    await deliveries.handOver(
      start,
      run,
      heirs.filter(({ key, owner }) => owner !== key),
    );
    for (const seq of new Set(heirs.map((heir) => heir.seq))) {
      const late = new Set(heirs.flatMap((heir) => (heir.seq === seq ? [heir.ordinal] : [])));
      const { sample } = await deliverLate(deps, running, { start, answer }, { run, seq }, late);
      await deliveries.recount(start, run, seq, sample);
    }
  });
}

/** Those whose owner is gone, one for each row; and those to which theirs has been handed over already. */
async function heirsAmong(
  deps: Dependencies,
  running: RunningSync,
  run: string,
  waiting: readonly Waiting[],
): Promise<readonly Waiting[]> {
  const gone = new Set(waiting.flatMap(({ key, owner }) => (owner === null || owner === key ? [] : [owner])));
  const batches = gone.size === 0 ? [] : await deps.ledger.deliveries.provenBatches(run);
  if (batches.length === 0) gone.clear();
  for (const ref of batches) {
    const { validated } = await preparedOf(deps, running, ref);
    for (const key of validated.keys) gone.delete(key);
    deps.cache.drop(ref);
  }
  return waiting.filter(({ key, owner }) => owner === key || (owner !== null && gone.delete(owner)));
}
