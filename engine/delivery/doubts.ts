import { setTimeout as sleep } from 'node:timers/promises';
import type { Destination, ItemOutcome, ReadBack } from '../../model/connector/connector.ts';
import { isSyncFailure, SyncFailure } from '../../model/failure/failure.ts';
import { fingerprint } from '../../model/record/transform.ts';
import {
  type DeliveryCapabilities,
  deliveryClass,
  deliveryClassAfter,
  deliveryPromise,
} from '../../model/sync/delivery.ts';
import type { DeliveryStart } from '../../platform/ledger/deliveries/delivery-start.ts';
import type { Intent } from '../../platform/ledger/deliveries/intents.ts';
import { sameContents } from '../agreement/content-judge.ts';
import type { Dependencies } from '../dependencies.ts';
import type { DeliverInput, Delivery } from './delivery.ts';
import { refuseLate } from './late-writer.ts';
import { lookUpAtMs } from './look-up-time.ts';
import type { Outgoing } from './outgoing.ts';
import { holdClaims, identify } from './owners.ts';
import { readKey } from './read-back.ts';
import { isDivisible, isRespelt, markUnknown, settle, write } from './send.ts';
import { withoutUnclear } from './unclear.ts';

/** A step about a whole run, with what a person decided of a write in doubt. */
export type AnsweredRun = Omit<DeliverInput, 'seq'>;

/** In the place of a batch, for answers to what is delivered when all has been read. */
export const LATE = -1;

/** What a person decided of one write in doubt; given once, so that it never reaches a doubt that nobody was asked about. */
export type TakeAnswer = () => 'retry' | 'skip' | undefined;

/**
 * What a person decided, for the first attempt that asks: a later one, or one that an operator reset, may meet other
 * doubts than the one that was shown, and has to ask again.
 */
export async function answerTo(
  { ledger }: Dependencies,
  start: DeliveryStart,
  { answer, answerNumber, ...ref }: DeliverInput,
): Promise<TakeAnswer> {
  const fresh = answerNumber !== undefined && (await ledger.deliveries.takeAnswer(start, ref, answerNumber));
  let left = fresh ? answer : undefined;
  return () => {
    const taken = left;
    left = undefined;
    return taken;
  };
}

export interface Settled {
  /** Positions of records whose outcome is known by now. */
  readonly known: ReadonlySet<number>;
  /** The destination's own id of records that a look-up found in another form: they are to be updated, not created. */
  readonly foundIds: ReadonlyMap<number, string>;
}

/**
 * Settles every request that an earlier attempt left in doubt, before anything new is sent (invariant 3): by replaying
 * it under its own id where the destination recognises that, by looking the records up where it can be asked, and
 * otherwise not at all.
 */
export async function settleDoubts(delivery: Delivery, answer: TakeAnswer): Promise<Settled> {
  const known = new Set<number>();
  const foundIds = new Map<number, string>();
  if (delivery.start.intents.length === 0) return { known, foundIds };
  const byOrdinal = new Map(delivery.batch.ready.map((record) => [record.ordinal, record]));
  for (const intent of delivery.start.intents) {
    if (intent.state === 'void') continue;
    const records = intent.ordinals.flatMap((ordinal) => byOrdinal.get(ordinal) ?? []);
    if (intent.state === 'settled') {
      for (const ordinal of intent.ordinals) known.add(ordinal);
      // What that attempt kept to be read back has gone with it.
      delivery.sample.add(records.map((record) => ({ record, destinationId: null })));
      continue;
    }
    if (fingerprint(records) !== intent.fingerprint) {
      throw new SyncFailure(
        'SYNC_CHANGED',
        'a request in doubt cannot be rebuilt: the mapping makes something else now',
      );
    }
    const { destinationIds } = await delivery.ledger.verdicts(delivery.start.syncId, records);
    const outgoing = records.map((record, index) => ({ ...record, destinationId: destinationIds[index] ?? null }));
    await identify(delivery, outgoing);
    holdClaims(delivery, outgoing);
    for (const record of await settleDoubt(delivery, intent, outgoing, answer, foundIds)) {
      known.add(record.ordinal);
    }
  }
  return { known, foundIds };
}

/** Answers the records whose outcome is known; the others are free to be sent again. */
async function settleDoubt(
  delivery: Delivery,
  intent: Intent,
  records: readonly Outgoing[],
  answer: TakeAnswer,
  foundIds: Map<number, string>,
): Promise<readonly Outgoing[]> {
  const promise = deliveryClassAfter(delivery.destination.can, delivery.now() - intent.openedAtMs);
  delivery.log.info(
    { batch: delivery.ref.seq, request: intent.requestId, class: promise },
    'settling a request in doubt',
  );
  // What was in doubt when the ledger was copied may have been overtaken since: it is looked at, not written again.
  if (promise === 'T3' && delivery.start.recovering && delivery.destination.read !== undefined)
    return settleByLookUp(delivery, intent, records, foundIds);
  switch (promise) {
    case 'T1':
    case 'T2':
    case 'T3':
      return settleByReplay(delivery, intent, records, { foundIds, answer });
    case 'T4':
      return settleByLookUp(delivery, intent, records, foundIds);
    case 'T5':
      return settleByAnswer(delivery, intent, records, answer);
  }
}

/**
 * The same request again, under its own id. Only what it confirms, or what is looked at anew, is decided by it: a refusal
 * may be the one that the destination remembers of the first request, under rules that have been mended since.
 */
async function settleByReplay(
  delivery: Delivery,
  intent: Intent,
  records: readonly Outgoing[],
  { foundIds, answer }: { readonly foundIds: Map<number, string>; readonly answer: TakeAnswer },
): Promise<readonly Outgoing[]> {
  let outcomes: readonly ItemOutcome[];
  try {
    outcomes = await replay(delivery, intent, records);
  } catch (error) {
    if (!isSyncFailure(error)) throw error;
    if (isDivisible(error)) {
      await delivery.ledger.voidIntent(delivery.start, intent);
      return [];
    }
    if (error.code === 'SERVER_ERROR' && error.effect === 'unknown')
      return settleWithoutKey(delivery, intent, records, foundIds, error);
    throw error;
  }
  if (isRespelt(outcomes)) {
    await delivery.ledger.voidIntent(delivery.start, intent);
    return [];
  }
  const clear = await withoutUnclear(delivery, { intent, records, outcomes });
  // Nothing but the key could tell, and it does not.
  if (clear === undefined && deliveryClass(withoutKey(delivery.destination)) === 'T5') {
    delivery.unclear.drop(intent);
    return settleByAnswer(delivery, intent, records, answer);
  }
  if (clear === undefined) return records;
  const refused = new Set(
    clear.records.filter((_, place) => mayBeRemembered(delivery.destination, clear.outcomes[place])),
  );
  const outcomesOfToday = clear.outcomes.filter((outcome) => !mayBeRemembered(delivery.destination, outcome));
  const decided = clear.records.filter((record) => !refused.has(record));
  await settle(delivery, clear.intent, decided, outcomesOfToday, { partly: refused.size > 0 });
  return records.filter((record) => !refused.has(record));
}

const withoutKey = ({ can: { idempotencyKeyHours: _, ...rest } }: Destination): DeliveryCapabilities => rest;

/** A refusal is never taken from a marker or a key. A conflict is judged by what the destination has now. */
const mayBeRemembered = ({ read }: Destination, outcome: ItemOutcome | undefined): boolean =>
  outcome?.state === 'rejected' && !(outcome.code === 'CONFLICT' && read !== undefined);

/**
 * T2: a destination may keep an error of its own as the answer to a key, for as long as it keeps the key. What its other
 * options allow settles such a request; where there are none, it is asked again.
 */
async function settleWithoutKey(
  delivery: Delivery,
  intent: Intent,
  records: readonly Outgoing[],
  foundIds: Map<number, string>,
  error: SyncFailure,
): Promise<readonly Outgoing[]> {
  if (delivery.destination.can.idempotencyKeyHours === undefined) throw error;
  switch (deliveryClass(withoutKey(delivery.destination))) {
    case 'T3':
      await delivery.ledger.voidIntent(delivery.start, intent);
      return [];
    case 'T4':
      return settleByLookUp(delivery, intent, records, foundIds);
    default:
      throw error;
  }
}

/** Sends the request again under its own id. */
export async function replay(
  delivery: Delivery,
  intent: Intent,
  records: readonly Outgoing[],
): Promise<readonly ItemOutcome[]> {
  const provenAtMs = delivery.now();
  await delivery.ledger.stillWriter(delivery.start);
  refuseLate(delivery, provenAtMs);
  const sentAtMs = delivery.now();
  try {
    return await write(delivery, intent, records);
  } catch (error) {
    // Once its key is forgotten it is looked up: not before this one has ended too.
    if (isSyncFailure(error) && error.effect === 'unknown') await markUnknown(delivery, intent, sentAtMs);
    throw error;
  }
}

/**
 * T4: a record that is there in the form that was sent has arrived; the others have not, once the lag is over. `answered`:
 * the request has just ended, with an answer that says nothing of them.
 */
export async function settleByLookUp(
  delivery: Delivery,
  intent: Intent,
  records: readonly Outgoing[],
  foundIds: Map<number, string>,
  { answered = false } = {},
): Promise<readonly Outgoing[]> {
  const { destination, signal, loaded } = delivery;
  const lookupLagMs = destination.can.lookupLagMs ?? 0;
  const { timeoutMs } = loaded.destinationConnection;
  const { heartbeatTimeout: heartbeatTimeoutMs } = loaded.policy;
  const atMs = answered
    ? delivery.now() + lookupLagMs
    : lookUpAtMs(intent, { timeoutMs, heartbeatTimeoutMs, lookupLagMs });
  await sleep(Math.max(0, atMs - delivery.now()), undefined, { signal });
  const keys = records.map((record) => readKey(destination, record));
  const found = (await destination.read?.(keys, signal)) ?? new Map<string, ReadBack>();
  const returned = records.map(({ content }, index) => ({ json: content.text, back: found.get(keys[index] ?? '') }));
  const same = await sameContents(destination, loaded.sync, returned, signal);
  const arrived: Outgoing[] = [];
  const outcomes: ItemOutcome[] = [];
  for (const [index, record] of records.entries()) {
    const back = returned[index]?.back;
    if (back === undefined) continue;
    if (same[index]) {
      arrived.push(record);
      outcomes.push(back.id === undefined ? { state: 'confirmed' } : { state: 'confirmed', id: back.id });
    } else if (back.id !== undefined) foundIds.set(record.ordinal, back.id);
  }
  await settle(delivery, intent, arrived, outcomes, { partly: arrived.length < records.length });
  return arrived;
}

/** T5: only a person can know. Until one has answered, the write is held. */
async function settleByAnswer(
  delivery: Delivery,
  intent: Intent,
  records: readonly Outgoing[],
  answer: TakeAnswer,
): Promise<readonly Outgoing[]> {
  const decided = answer();
  if (decided === undefined) {
    throw new SyncFailure('OUTCOME_UNKNOWN', `${records.length} records of one request: ${deliveryPromise.T5}`);
  }
  if (decided === 'retry') {
    await delivery.ledger.voidIntent(delivery.start, intent);
    return [];
  }
  const outcomes = records.map((): ItemOutcome => ({ state: 'confirmed' }));
  await settle(delivery, intent, records, outcomes);
  return records;
}
