import type { ItemOutcome } from '../../model/connector/connector.ts';
import { type DeliveryClass, deliveryClass, deliveryClassAfter } from '../../model/sync/delivery.ts';
import type { Intent } from '../../platform/ledger/deliveries/intents.ts';
import type { Delivery, Outgoing } from './delivery.ts';

/** Records of a request that was answered, of which the answer said nothing. They are in doubt under the intent. */
export interface Unclear {
  readonly intent: Intent;
  readonly records: readonly Outgoing[];
  /** The destination put some of them off, as by a 503 of their own: that may end by itself. */
  readonly later: boolean;
}

type Part = Pick<Unclear, 'intent' | 'records'>;

/** Unclear answers to the same records in one request before the engine stops asking. */
export const MOST_UNCLEAR = 3;

/** What one attempt to deliver has left to settle, and how often the same records were answered so. */
export class UnclearAnswers {
  #left: Unclear[] = [];
  readonly #times = new Map<string, number>();

  /** `asAWhole`: its request had no other records. */
  add(part: Unclear, asAWhole: boolean): void {
    this.#left.push(part);
    if (asAWhole) this.#times.set(nameOf(part), this.timesOf(part) + 1);
  }

  take(): readonly Unclear[] {
    const parts = this.#left;
    this.#left = [];
    return parts;
  }

  /** A person, or another way, has settled what was under the intent. */
  drop({ id }: Intent): void {
    this.#left = this.#left.filter(({ intent }) => intent.id !== id);
  }

  timesOf(part: Part): number {
    return this.#times.get(nameOf(part)) ?? 0;
  }
}

const nameOf = ({ records }: Part): string => `${records[0]?.ordinal}/${records.length}`;

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
    await ledger.markUnknown(start, intent);
    unclear.add({ intent, records, later }, true);
    return undefined;
  }
  const rest = records.filter((record, place) => !isClear(record, place));
  const [ofClear, ofRest] = await ledger.divideIntent(start, ref.run, ref.seq, intent, [clear, rest]);
  if (ofClear === undefined || ofRest === undefined) return undefined;
  unclear.add({ intent: ofRest, records: rest, later }, false);
  return { intent: ofClear, records: clear, outcomes: outcomes.filter(isClear) };
}
