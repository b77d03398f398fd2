import type { ReadyRecord } from '../../model/record/prepared.ts';
import type { BatchRef } from '../../model/sync/batch.ts';
import type { Confirmed } from '../../platform/ledger/deliveries/confirmed.ts';
import type { DeliveryStart } from '../../platform/ledger/deliveries/delivery-start.ts';
import { preparedOf } from '../batches/prepare.ts';
import type { Dependencies } from '../dependencies.ts';
import type { RunningSync } from '../running-sync.ts';
import { compare } from './changes.ts';
import { newDelivery, watchedOf } from './delivery.ts';
import { settleDoubts, type TakeAnswer } from './doubts.ts';
import { sendChanged } from './send-changed.ts';

/** What came of the records that were not sent. */
export interface DeliveredLate {
  readonly unchanged: number;
  readonly superseded: number;
  /** Records that came unchanged, of which some have a newer version. */
  readonly renewed: readonly ReadyRecord[];
  readonly sample: readonly Confirmed[];
}

/** Delivers some records of a batch that has been closed. Whoever calls it counts the batch anew. Safe to repeat. */
export async function deliverLate(
  deps: Dependencies,
  running: RunningSync,
  { start, answer }: { readonly start: DeliveryStart; readonly answer: TakeAnswer },
  ref: BatchRef,
  ordinals: ReadonlySet<number>,
): Promise<DeliveredLate> {
  const batch = (await preparedOf(deps, running, ref)).transformed;
  const watched = await watchedOf(deps, start, batch);
  const intents = await deps.ledger.deliveries.leftIntents(ref);
  const delivery = newDelivery(deps, ref, { ...start, intents }, running.loaded, batch, watched);
  const { known, foundIds } = await settleDoubts(delivery, answer);
  const records = batch.ready.filter(({ ordinal }) => ordinals.has(ordinal) && !known.has(ordinal));
  const { changed, unchanged, superseded, renewed } = await compare(delivery, records, foundIds);
  await sendChanged(delivery, changed);
  deps.cache.drop(ref);
  return { unchanged, superseded, renewed: renewed ? records : [], sample: delivery.sample.records };
}
