import { setTimeout as sleep } from 'node:timers/promises';
import type { ItemOutcome, ReadBack } from '../model/connector.ts';
import { type DeliveryClass, deliveryPromise } from '../model/delivery.ts';
import { SyncFailure } from '../model/failure.ts';
import { fingerprint } from '../model/transform.ts';
import type { Intent } from '../platform/ledger/deliveries.ts';
import type { Delivery, Outgoing } from './deliver.ts';
import { sameContent } from './same-content.ts';
import { settle, write } from './send.ts';

/**
 * Settles every request that an earlier attempt left in doubt, before anything new is sent (invariant 3): by replaying
 * it under its own id where the destination recognises that, by looking the records up where it can be asked, and
 * otherwise not at all. Answers the positions whose outcome is known by now.
 */
export async function settleDoubts(
  delivery: Delivery,
  promise: DeliveryClass,
  answer: 'retry' | 'skip' | undefined,
): Promise<Set<number>> {
  const known = new Set<number>();
  const byOrdinal = new Map(delivery.batch.ready.map((record) => [record.ordinal, record]));
  for (const intent of delivery.start.intents) {
    if (intent.state === 'void') continue;
    if (intent.state === 'settled') {
      for (const ordinal of intent.ordinals) known.add(ordinal);
      continue;
    }
    const records = intent.ordinals.flatMap((ordinal) => byOrdinal.get(ordinal) ?? []);
    if (fingerprint(records) !== intent.fingerprint) {
      throw new SyncFailure(
        'SYNC_CHANGED',
        'a request in doubt cannot be rebuilt: the mapping makes something else now',
      );
    }
    const { destinationIds } = await delivery.ledger.verdicts(delivery.start.syncId, records);
    const outgoing = records.map((record, index) => ({ ...record, destinationId: destinationIds[index] ?? null }));
    for (const record of await settleDoubt(delivery, intent, outgoing, promise, answer)) known.add(record.ordinal);
  }
  return known;
}

/** Answers the records whose outcome is known; the others are free to be sent again. */
async function settleDoubt(
  delivery: Delivery,
  intent: Intent,
  records: readonly Outgoing[],
  promise: DeliveryClass,
  answer: 'retry' | 'skip' | undefined,
): Promise<readonly Outgoing[]> {
  delivery.log.info(
    { batch: delivery.ref.seq, request: intent.requestId, class: promise },
    'settling a request in doubt',
  );
  switch (promise) {
    case 'T1':
    case 'T2':
    case 'T3':
      await settle(delivery, intent, records, await write(delivery, intent, records));
      return records;
    case 'T4':
      return settleByLookUp(delivery, intent, records);
    case 'T5':
      return settleByAnswer(delivery, intent, records, answer);
  }
}

/** T4: a record that is there in the form that was sent has arrived; the others have not, once the lag is over. */
async function settleByLookUp(
  delivery: Delivery,
  intent: Intent,
  records: readonly Outgoing[],
): Promise<readonly Outgoing[]> {
  const { destination, signal, loaded } = delivery;
  const visibleAtMs = intent.openedAtMs + (destination.can.lookupLagMs ?? 0);
  await sleep(Math.max(0, visibleAtMs - delivery.now()), undefined, { signal });
  const keys = records.map((record) => record.key);
  const found = (await destination.read?.(keys, signal)) ?? new Map<string, ReadBack>();
  const arrived = records.filter((record) => {
    const back = found.get(record.key);
    return back !== undefined && sameContent(destination, loaded.sync.mapping.to, record.json, back.record);
  });
  const outcomes = arrived.map((record): ItemOutcome => {
    const id = found.get(record.key)?.id;
    return id === undefined ? { state: 'confirmed' } : { state: 'confirmed', id };
  });
  await settle(delivery, intent, arrived, outcomes, { partly: arrived.length < records.length });
  return arrived;
}

/** T5: only a person can know. Until one has answered, the write is held. */
async function settleByAnswer(
  delivery: Delivery,
  intent: Intent,
  records: readonly Outgoing[],
  answer: 'retry' | 'skip' | undefined,
): Promise<readonly Outgoing[]> {
  if (answer === undefined) {
    throw new SyncFailure('OUTCOME_UNKNOWN', `${records.length} records of one request: ${deliveryPromise.T5}`);
  }
  if (answer === 'retry') {
    await delivery.ledger.voidIntent(delivery.start, intent);
    return [];
  }
  const outcomes = records.map((): ItemOutcome => ({ state: 'confirmed' }));
  await settle(delivery, intent, records, outcomes);
  return records;
}
