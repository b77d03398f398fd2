import type { BatchRef } from '../model/batch.ts';
import type { DeliveryStart } from '../platform/ledger/delivery-start.ts';
import type { Waiting } from '../platform/ledger/hand-overs.ts';
import { chunksOf, eachAtMost } from './chunks.ts';
import { withTags } from './conflict.ts';
import { compare, newDelivery } from './deliver.ts';
import type { Dependencies } from './dependencies.ts';
import { settleDoubts } from './doubt.ts';
import { withoutTaken } from './owners.ts';
import { preparedOf } from './prepare.ts';
import { type RunningSync, runOf } from './run.ts';
import { send } from './send.ts';

/**
 * When everything has been read: a record that was set aside, since another one has its row, becomes the owner where that
 * one is gone from the source, as one does whose key was respelt there. The row stays, and the record is delivered after
 * all. Only a complete read can tell. Safe to repeat.
 */
export async function handOver(deps: Dependencies, run: string): Promise<void> {
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
    await deliveries.handOver(
      start,
      run,
      heirs.filter(({ key, owner }) => owner !== key),
    );
    for (const seq of new Set(heirs.map((heir) => heir.seq)))
      await deliverLate(deps, running, start, { run, seq }, heirs);
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

/** Delivers records of a batch that has been closed, and counts it anew. */
async function deliverLate(
  deps: Dependencies,
  running: RunningSync,
  start: DeliveryStart,
  ref: BatchRef,
  heirs: readonly Waiting[],
): Promise<void> {
  const { deliveries } = deps.ledger;
  const batch = (await preparedOf(deps, running, ref)).transformed;
  const delivery = newDelivery(deps, ref, { ...start, intents: await deliveries.inDoubt(ref) }, running.loaded, batch);
  const { known, foundIds } = await settleDoubts(delivery, () => undefined);
  const late = new Set(heirs.flatMap(({ seq, ordinal }) => (seq === ref.seq ? [ordinal] : [])));
  const records = batch.ready.filter(({ ordinal }) => late.has(ordinal) && !known.has(ordinal));
  const { changed } = await compare(delivery, records, foundIds);
  const owned = await withoutTaken(delivery, await withTags(delivery, changed));
  const { concurrency } = delivery.destination.limits;
  await eachAtMost(chunksOf(owned, delivery.limits()), concurrency, (chunk) => send(delivery, chunk));
  await deliveries.recount(start, ref.run, ref.seq);
  deps.cache.drop(ref);
}
