import { setTimeout as sleep } from 'node:timers/promises';
import type { ItemOutcome } from '../../model/connector/connector.ts';
import { isSyncFailure, SyncFailure } from '../../model/failure/failure.ts';
import { deliveryPromise } from '../../model/sync/delivery.ts';
import type { Delivery } from './delivery.ts';
import { replay, settleByLookUp } from './doubts.ts';
import type { Outgoing } from './outgoing.ts';
import { withoutFoundTaken } from './owners.ts';
import { isSystemic, tooManyRejected } from './refuse-systemic.ts';
import { isDivisible, isRespelt, send, settle } from './send.ts';
import { classOf, MOST_UNCLEAR } from './unclear.ts';
import type { Unclear } from './unclear-answers.ts';

/** Before records are sent again that have been answered so before. */
const PAUSE_MS = 250;
/** So many attempts of the step leave time to a destination that puts records off; then they are set aside like others. */
const PATIENT_ATTEMPTS = 8;
/** So many records alone without a clear answer, and none with one, are no fault of theirs. */
const NOT_THE_RECORDS = 8;

/**
 * Finds out what became of the records of which an answer said nothing, when all others have been sent: one record never
 * holds the rest. At T3 they are sent again in halves until each stands alone, at T4 looked up first, and at T5 held for a
 * person. A record alone that is answered so MOST_UNCLEAR times is set aside, and never counted as delivered. Where no
 * answer is ever clear it is the sync file that does not fit, and the run is parked. `left`: of an earlier run, whose
 * records the next one reads again; what stays unclear is left to that.
 */
export async function settleUnclear(delivery: Delivery, { left = false } = {}): Promise<void> {
  const { unclear, signal } = delivery;
  const alone: Unclear[] = [];
  let held = 0;
  for (let parts = unclear.take(); parts.length > 0; parts = unclear.take()) {
    if (parts.some((part) => unclear.timesOf(part) > 1)) await sleep(PAUSE_MS, undefined, { signal });
    for (const part of parts) {
      signal.throwIfAborted();
      const became = await trial(delivery, part);
      if (became === 'held') held += part.records.length;
      if (became === 'still unclear') alone.push(part);
    }
    if (!left && alone.length >= NOT_THE_RECORDS) await refuseNeverClear(delivery, alone);
  }
  if (left) await release(delivery, alone);
  else await setAside(delivery, alone);
  if (held > 0) throw new SyncFailure('OUTCOME_UNKNOWN', `${held} records: ${deliveryPromise.T5}`);
}

type Trial = 'sent' | 'still unclear' | 'held';

async function trial(delivery: Delivery, part: Unclear): Promise<Trial> {
  const tried = part.records.length === 1 && delivery.unclear.timesOf(part) >= MOST_UNCLEAR;
  switch (classOf(delivery, part)) {
    case 'T1':
    case 'T2':
      await again(delivery, part);
      return 'sent';
    case 'T3':
      if (tried) return delivery.destination.read ? lookUp(delivery, part, tried) : 'still unclear';
      for (const half of await halves(delivery, part)) await again(delivery, half);
      return 'sent';
    case 'T4':
      return lookUp(delivery, part, tried);
    case 'T5':
      return 'held';
  }
}

async function again(delivery: Delivery, { intent, records }: Pick<Unclear, 'intent' | 'records'>): Promise<void> {
  let outcomes: readonly ItemOutcome[];
  try {
    outcomes = await replay(delivery, intent, records);
  } catch (error) {
    if (!isSyncFailure(error) || !isDivisible(error)) throw error;
    await delivery.ledger.voidIntent(delivery.start, intent);
    return send(delivery, records);
  }
  if (isRespelt(outcomes)) {
    await delivery.ledger.voidIntent(delivery.start, intent);
    return send(delivery, records);
  }
  await settle(delivery, intent, records, outcomes);
}

/** What is there has arrived. The rest has not, and is sent anew unless that has been tried. */
async function lookUp(delivery: Delivery, { intent, records }: Unclear, tried: boolean): Promise<Trial> {
  const foundIds = new Map<number, string>();
  const arrived = new Set(await settleByLookUp(delivery, intent, records, foundIds, { answered: true }));
  const absent = records.flatMap((record) => {
    const destinationId = foundIds.get(record.ordinal);
    if (arrived.has(record)) return [];
    return [destinationId === undefined ? record : { ...record, destinationId, exists: true, unproven: true }];
  });
  if (absent.length === 0) return 'sent';
  if (tried) return 'still unclear';
  const own = await withoutFoundTaken(delivery, absent);
  for (const half of own.length === 0 ? [] : halved(own)) await send(delivery, half);
  return 'sent';
}

/** Each half in doubt under an intent of its own. */
async function halves(
  { ledger, start, ref }: Delivery,
  part: Unclear,
): Promise<readonly Pick<Unclear, 'intent' | 'records'>[]> {
  if (part.records.length === 1) return [part];
  const groups = halved(part.records);
  const intents = await ledger.divideIntent(start, ref.run, ref.seq, part.intent, groups);
  return intents.map((intent, index) => ({ intent, records: groups[index] ?? [] }));
}

function halved(records: readonly Outgoing[]): readonly (readonly Outgoing[])[] {
  const middle = Math.ceil(records.length / 2);
  return records.length === 1 ? [records] : [records.slice(0, middle), records.slice(middle)];
}

async function setAside(delivery: Delivery, alone: readonly Unclear[]): Promise<void> {
  const { batch, loaded } = delivery;
  const off = alone.filter(({ later }) => later).length;
  if (off > 0 && delivery.attempt < PATIENT_ATTEMPTS)
    throw new SyncFailure('SERVER_ERROR', `the destination puts off ${off} records, also when each is sent alone`);
  if (alone.length > 1) await refuseNeverClear(delivery, alone);
  if (isSystemic(alone.length, batch.fetched, loaded.policy)) throw tooManyRejected(alone.length, batch.fetched);
  for (const { intent, records } of alone) await settle(delivery, intent, records, [neverSaid], { partly: true });
}

/**
 * Where the sync has never had a clear answer, its file is what has to be mended: nothing of what may be sent again without
 * harm stays in doubt.
 */
async function refuseNeverClear(delivery: Delivery, alone: readonly Unclear[]): Promise<void> {
  const { ledger, start } = delivery;
  if (delivery.answered() > 0 || (await ledger.anyDelivered(start.syncId))) return;
  await release(delivery, [...alone, ...delivery.unclear.take().filter((part) => classOf(delivery, part) === 'T3')]);
  const { name } = delivery.loaded.destinationConnection;
  throw new SyncFailure(
    'RESPONSE_SHAPE',
    `${name} answers writes, and never says what became of a record where the sync file looks for it`,
  );
}

async function release({ ledger, start }: Delivery, parts: readonly Unclear[]): Promise<void> {
  for (const { intent } of parts) await ledger.voidIntent(start, intent);
}

const neverSaid: ItemOutcome = {
  state: 'rejected',
  code: 'ANSWER_UNCLEAR',
  reason: `sent alone, and answered ${MOST_UNCLEAR} times without a word of what became of it: it may have arrived`,
};
