import type { ItemOutcome } from '../../model/connector/connector.ts';
import { type DeliveryClass, deliveryClass, deliveryClassAfter } from '../../model/sync/delivery.ts';
import type { Intent } from '../../platform/ledger/deliveries/intents.ts';
import type { Delivery } from './delivery.ts';
import type { Outgoing } from './outgoing.ts';
import type { Part } from './unclear-answers.ts';

/** Unclear answers to the same records in one request before the engine stops asking. */
export const MOST_UNCLEAR = 3;

/** The class that settles them: a key under which the answer stays unclear is worth no more than one that is forgotten. */
export function classOf({ destination, now, unclear }: Delivery, part: Part): DeliveryClass {
  const { idempotencyKeyHours, ...rest } = destination.can;
  const deaf = idempotencyKeyHours !== undefined && unclear.timesOf(part) >= MOST_UNCLEAR;
  return deaf ? deliveryClass(rest) : deliveryClassAfter(destination.can, now() - part.intent.openedAtMs);
}

interface Answered {
  readonly intent: Intent;
  readonly records: readonly Outgoing[];
  readonly outcomes: readonly ItemOutcome[];
}

/**
 * Leaves in doubt the records of which an answer says nothing, each part of them under an intent of its own, and answers
 * the others. Under an idempotency key a request is not divided: it is in doubt as a whole, and nothing is answered.
 */
export async function withoutUnclear(delivery: Delivery, answered: Answered): Promise<Answered | undefined> {
  const { intent, records, outcomes } = answered;
  const isClear = (_: unknown, place: number): boolean => (outcomes[place]?.state ?? 'unknown') !== 'unknown';
  if (records.every(isClear)) return answered;
  const clear = records.filter(isClear);
  const later = outcomes.some((outcome) => outcome.state === 'unknown' && outcome.later === true);
  const { ledger, start, ref, unclear } = delivery;
  const whole = /T1|T2/.test(classOf(delivery, answered));
  if (clear.length === 0 || whole) {
    await ledger.markUnknown(start, intent, 0);
    unclear.add({ intent, records, later }, true);
    return undefined;
  }
  const rest = records.filter((record, place) => !isClear(record, place));
  const [ofClear, ofRest] = await ledger.divideIntent(start, ref.run, ref.seq, intent, [clear, rest]);
  if (ofClear === undefined || ofRest === undefined) return undefined;
  unclear.add({ intent: ofRest, records: rest, later }, false);
  return { intent: ofClear, records: clear, outcomes: outcomes.filter(isClear) };
}
