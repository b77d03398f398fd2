import { preparedOf } from '../engine/batches/prepare.ts';
import { answerTo, settleDoubts, type TakeAnswer } from '../engine/delivery/doubts.ts';
import { settleUnclear } from '../engine/delivery/settle-unclear.ts';
import type { Dependencies } from '../engine/dependencies.ts';
import { unlessEdited } from '../engine/unless-edited.ts';
import { SyncFailure } from '../model/failure/failure.ts';
import type { BatchRef } from '../model/sync/batch.ts';
import type { Confirmed } from '../platform/ledger/deliveries/deliveries.ts';
import type { DeliveryStart } from '../platform/ledger/deliveries/delivery-start.ts';
import { type DeliverInput, type Delivery, newDelivery } from './deliver.ts';
import { runOf } from './run.ts';

/**
 * Before a run's first batch: settles what earlier runs left in doubt, whatever this one is going to read, and if it is
 * nothing. Safe to repeat. `seq` is 0: batches count from 1.
 */
export async function settleLeft(deps: Dependencies, input: DeliverInput): Promise<void> {
  const { loaded } = await runOf(deps, input.run);
  await deps.bulkhead.hold(loaded.destinationConnection.name, async () => {
    const start = await deps.ledger.deliveries.beginLeft(input.run);
    await settleLeftDoubts(deps, input.run, start, await answerTo(deps, start, input));
  });
}

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

/**
 * Refuses to send when this attempt may have been replaced since it proved to be the writer: a process that was frozen
 * in between does not notice it. `provenAtMs`: when the ledger last accepted its fence.
 */
export function refuseLate({ now, loaded }: Pick<Delivery, 'now' | 'loaded'>, provenAtMs: number): void {
  if (!mayBeReplaced(now() - provenAtMs, loaded.policy.heartbeatTimeout)) return;
  throw new SyncFailure('TIMEOUT', 'the step was held up just before a request: another may have taken over', {
    effect: 'none',
  });
}

/**
 * Presumed dead after a whole heartbeat time-out; half of it, as the last heartbeat was earlier than the proof. A clock
 * that went back does not say how long it was. Pure.
 */
export const mayBeReplaced = (silentMs: number, heartbeatTimeoutMs: number): boolean =>
  silentMs < 0 || silentMs > heartbeatTimeoutMs / 2;
