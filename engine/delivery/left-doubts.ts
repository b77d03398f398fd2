import type { BatchRef } from '../../model/sync/batch.ts';
import type { Confirmed } from '../../platform/ledger/deliveries/confirmed.ts';
import type { DeliveryStart } from '../../platform/ledger/deliveries/delivery-start.ts';
import { preparedOf } from '../batches/prepare.ts';
import type { Dependencies } from '../dependencies.ts';
import { runOf } from '../running-sync.ts';
import { unlessEdited } from '../unless-edited.ts';
import { type Delivery, newDelivery } from './delivery.ts';
import { settleDoubts, type TakeAnswer } from './doubts.ts';
import { settleUnclear } from './settle-unclear.ts';

/**
 * Settles what earlier runs of the sync left in doubt, before the same records may be sent again (invariant 3): a run
 * that was cancelled with a request under way never learned what became of it. What they delivered of a batch that they
 * did not bring to its end is kept to be read back.
 */
export async function settleLeftDoubts(
  deps: Dependencies,
  run: string,
  start: DeliveryStart,
  answer: TakeAnswer,
): Promise<void> {
  if (!start.left) return;
  const { deliveries } = deps.ledger;
  for (const ref of await deliveries.leftBatches(run)) {
    const intents = await deliveries.leftIntents(ref);
    const delivery = intents.length === 0 ? undefined : await deliveryOf(deps, ref, { ...start, intents });
    if (delivery !== undefined) {
      await settleDoubts(delivery, answer);
      await settleUnclear(delivery, { left: true });
    }
    await deliveries.dropLeft(start, ref, delivery === undefined ? [] : await toReadBack(deps, ref, delivery));
    deps.cache.drop(ref);
  }
}

/** What the destination has confirmed of it, as far as it is to be looked at, by the ids that it has there. */
async function toReadBack(
  { ledger }: Dependencies,
  ref: BatchRef,
  { sample }: Delivery,
): Promise<readonly Confirmed[]> {
  const records = sample.records.map(({ record }) => record);
  if (records.length === 0) return [];
  const delivered = await ledger.unagreed.deliveredBy(ref.run, ref.seq, records);
  return records.flatMap((record) => {
    const row = delivered.get(record.key);
    return row === undefined ? [] : [{ record, destinationId: row.destinationId }];
  });
}

/** Undefined where nothing is in doubt, and what was sent cannot be made again. */
async function deliveryOf(deps: Dependencies, ref: BatchRef, start: DeliveryStart): Promise<Delivery | undefined> {
  const make = async () => {
    const left = await runOf(deps, ref.run);
    const batch = (await preparedOf(deps, left, ref)).transformed;
    return newDelivery(deps, ref, start, left.loaded, batch);
  };
  return start.intents.every(({ state }) => state === 'settled') ? unlessEdited(deps, ref, make) : make();
}
