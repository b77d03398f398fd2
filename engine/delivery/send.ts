import type { ItemOutcome } from '../../model/connector/connector.ts';
import { type FailureCode, isSyncFailure, SyncFailure } from '../../model/failure/failure.ts';
import type { Reject } from '../../model/record/prepared.ts';
import type { Confirmed } from '../../platform/ledger/deliveries/confirmed.ts';
import type { Intent } from '../../platform/ledger/deliveries/intents.ts';
import { judgeConflicts } from './conflicts.ts';
import type { Delivery } from './delivery.ts';
import { Item } from './item.ts';
import { refuseLate } from './late-writer.ts';
import type { Outgoing } from './outgoing.ts';
import { identityOf, idToKeep, type Overwrote, overwrites, ownedAmong } from './owners.ts';
import { isSystemic, tooManyRejected } from './refuse-systemic.ts';
import { rejectOf } from './reject.ts';
import { requestChunks } from './request-chunks.ts';
import { withoutUnclear } from './unclear.ts';

/**
 * Sends records in one request under a new intent. A refused request is halved until the refused record is found.
 * `met`: conflicts that these records have met before.
 */
export async function send(delivery: Delivery, records: readonly Outgoing[], met = 0): Promise<void> {
  const limits = delivery.limits();
  if (records.length > limits.records) {
    for (const chunk of requestChunks(records, limits)) await send(delivery, chunk, met);
    return;
  }
  await sendOnce(delivery, records, met);
}

/** Answers whether the records went through in this one request. */
async function sendOnce(delivery: Delivery, records: readonly Outgoing[], met: number): Promise<boolean> {
  const { ledger, start, ref } = delivery;
  delivery.signal.throwIfAborted();
  const provenAtMs = delivery.now();
  const intent = await ledger.openIntent(start, ref.run, ref.seq, records);
  const sentAtMs = delivery.now();
  let outcomes: readonly ItemOutcome[];
  try {
    refuseLate(delivery, provenAtMs);
    outcomes = await write(delivery, intent, records);
  } catch (error) {
    const failure = isSyncFailure(error)
      ? error
      : new SyncFailure('INTERNAL', 'the connector failed', { cause: error });
    if (failure.effect === 'unknown') {
      await markUnknown(delivery, intent, sentAtMs);
      throw failure;
    }
    if (!isDivisible(failure)) {
      await ledger.voidIntent(start, intent);
      throw failure;
    }
    await divide(delivery, intent, records, failure, met);
    return false;
  }
  if (isRespelt(outcomes)) {
    await ledger.voidIntent(start, intent);
    await sendRespelt(delivery, records, outcomes, met);
  } else await settle(delivery, intent, records, outcomes, { met });
  return true;
}

/** No answer, or none that says anything: the destination may be working on it until its time-out is over. */
export async function markUnknown(delivery: Delivery, intent: Intent, sentAtMs: number): Promise<void> {
  const { ledger, start, loaded } = delivery;
  const restMs = sentAtMs + loaded.destinationConnection.timeoutMs - delivery.now();
  await ledger.markUnknown(start, intent, Math.max(0, restMs));
}

/** Refusals of a whole request that surely changed nothing, and that may lie in one record of it. */
export const isDivisible = ({ code, effect }: SyncFailure): boolean => effect === 'none' && divisible.has(code);

/** Whether nothing was written, since the destination gives records other identities than it foresaw. */
export const isRespelt = (outcomes: readonly ItemOutcome[]): boolean =>
  outcomes.some(({ state }) => state === 'respelt');

/** Now it is known what the records will be known by: those whose row is another's are not sent again. */
async function sendRespelt(
  delivery: Delivery,
  records: readonly Outgoing[],
  outcomes: readonly ItemOutcome[],
  met: number,
): Promise<void> {
  for (const [index, { ordinal }] of records.entries()) {
    const outcome = outcomes[index];
    if (outcome?.state === 'respelt') delivery.identities.set(ordinal, outcome.id);
  }
  await send(delivery, await ownedAmong(delivery, records), met + 1);
}

const divisible: ReadonlySet<FailureCode> = new Set<FailureCode>(['BATCH_LIMIT', 'REQUEST_REJECTED']);

async function divide(
  delivery: Delivery,
  intent: Intent,
  records: readonly Outgoing[],
  failure: SyncFailure,
  met: number,
): Promise<void> {
  const [only] = records;
  if (records.length === 1 && only) {
    const code = failure.code === 'BATCH_LIMIT' ? 'RECORD_TOO_LARGE' : 'RECORD_REJECTED';
    return settle(delivery, intent, records, [{ state: 'rejected', code, reason: failure.message }]);
  }
  await delivery.ledger.voidIntent(delivery.start, intent);
  const middle = Math.ceil(records.length / 2);
  const first = await sendOnce(delivery, records.slice(0, middle), met);
  const second = await sendOnce(delivery, records.slice(middle), met);
  // Both halves passed: it was their number that was too much, and not one of them.
  if (first && second && failure.code === 'BATCH_LIMIT') await delivery.learn(middle);
}

/** The request itself. Its id is the intent's, so that a replay is recognised (invariant 4). */
export function write(
  delivery: Delivery,
  intent: Intent,
  records: readonly Outgoing[],
): Promise<readonly ItemOutcome[]> {
  const isTold = delivery.destination.identify !== undefined;
  const items = records.map((record) => new Item(record, isTold ? identityOf(delivery, record) : undefined));
  return delivery.destination.write({
    id: intent.requestId,
    fence: { sync: delivery.loaded.name, number: delivery.start.fence },
    items,
    signal: neverAborted,
  });
}

// A request under way is not cut off on cancellation: the time-out of the connection bounds it.
const neverAborted = new AbortController().signal;

/** Makes the outcome of a request durable. A record of which it says nothing stays in doubt (`delivery.unclear`). */
export async function settle(
  delivery: Delivery,
  ofIntent: Intent,
  ofRecords: readonly Outgoing[],
  answered: readonly ItemOutcome[],
  { partly = false, met = 0 }: { readonly partly?: boolean; readonly met?: number } = {},
): Promise<void> {
  const clear = await withoutUnclear(delivery, { intent: ofIntent, records: ofRecords, outcomes: answered });
  if (clear === undefined) return;
  const { intent, records, outcomes } = clear;
  const confirmed: Confirmed[] = [];
  const overwrote: Overwrote[] = [];
  const rejects: Reject[] = [];
  const again: Outgoing[] = [];
  let superseded = 0;
  const judged = await judgeConflicts(delivery, records, outcomes, met + 1);
  const others = await overwrites(delivery, records, judged);
  for (const [index, record] of records.entries()) {
    const outcome = judged[index];
    const other = others.get(record.ordinal);
    if (other !== undefined) {
      overwrote.push(other);
      delivery.overwritten.add(other.owner);
    } else if (outcome?.state === 'confirmed') confirmed.push(confirmedOf(delivery, record, outcome));
    else if (outcome?.state === 'again') again.push(outcome.as);
    else if (outcome?.state === 'superseded') superseded++;
    else if (outcome?.state === 'rejected')
      rejects.push(rejectOf(record, outcome, (await delivery.received())[record.ordinal]));
  }
  const { start, ref, loaded, batch } = delivery;
  const halts = isSystemic(rejects.length, batch.fetched, loaded.policy);
  // A refusal that halts the run decides nothing: whoever goes on asks again, under the rules of that day.
  const free = halts ? [...again, ...rejects] : again;
  await delivery.ledger.settle(start, ref.run, ref.seq, intent, {
    confirmed,
    rejects: halts ? [] : rejects,
    superseded,
    overwrote,
    unseen: records.every((record) => record.unseen === true),
    ...((partly || free.length > 0) && { only: ordinalsWithout(records, free) }),
  });
  delivery.settled(confirmed, overwrote.length + (halts ? 0 : rejects.length));
  if (halts) throw tooManyRejected(rejects.length, batch.fetched);
  if (again.length > 0) await send(delivery, await ownedAmong(delivery, again), met + 1);
}

function ordinalsWithout(records: readonly Outgoing[], others: readonly Pick<Outgoing, 'ordinal'>[]): number[] {
  const left = new Set(others.map(({ ordinal }) => ordinal));
  return records.flatMap(({ ordinal }) => (left.has(ordinal) ? [] : [ordinal]));
}

const confirmedOf = (
  delivery: Delivery,
  record: Outgoing,
  { id, tag = null }: { readonly id?: string; readonly tag?: string | null },
): Confirmed => ({
  record,
  destinationId: idToKeep(delivery, record, id),
  ...(delivery.destination.tagged && { tag }),
});
