import type { Destination, WriteItem } from '../model/connector/connector.ts';
import type { JsonRecord } from '../model/record/json.ts';
import { deliveryClass } from '../model/sync/delivery.ts';
import { asIs, caseOf, type Given, idOf, never, openDestination } from './given.ts';
import { type Sample, sample, samples, trickySamples } from './samples.ts';
import type { LiveSystem } from './subject.ts';
import { askedBy, deletion, idIn, requestOf, upsert, writeAll } from './write-items.ts';

/** What it writes, and what is there afterwards. */
export function destinationCases(given: Given): void {
  const { subject, system } = given;
  const asStored = subject.asStored ?? asIs;
  const open = () => openDestination(subject, system());
  const write = (destination: Destination, items: readonly WriteItem[], id = 'request-1') =>
    writeAll(destination, items, id);
  const itemOf = (one: Sample) => upsert(subject, one);

  test('writes records, which are then there', async () => {
    const list = samples(7);
    const outcomes = await write(open(), list.map(itemOf));
    expect(outcomes.map(({ state }) => state)).toEqual(list.map(() => 'confirmed'));
    await expectStored(system(), list.map(asStored));
  });

  test('stores unicode, empty texts, nulls, nested values and long numbers as they are', async () => {
    const list = trickySamples();
    await write(open(), list.map(itemOf));
    await expectStored(system(), list.map(asStored));
  });

  test('leaves one of each when the same request is written twice', async () => {
    const destination = open();
    const list = samples(7);
    await write(destination, list.map(itemOf));
    if (!['T1', 'T2', 'T3'].includes(deliveryClass(destination.can))) return;
    const again = await write(open(), list.map(itemOf));
    expect(again.map(({ state }) => state)).toEqual(list.map(() => 'confirmed'));
    await expectStored(system(), list.map(asStored));
  });

  test('keeps what it holds when other records are written', async () => {
    const list = samples(7);
    await write(open(), list.slice(0, 4).map(itemOf));
    await write(open(), list.slice(4).map(itemOf), 'request-2');
    await expectStored(system(), list.map(asStored));
  });

  test('has the later content of a record that is written again', async () => {
    const destination = open();
    const list = samples(3);
    const written = await write(destination, list.map(itemOf));
    if (!destination.can.transaction && !destination.can.upsert) return;
    const changed = list.map((one) => ({ ...one, name: `${one.name}, changed` }));
    const items = changed.map((one, index) => ({ ...itemOf(one), destinationId: idIn(written[index]), exists: true }));
    await write(open(), items, 'request-2');
    await expectStored(system(), changed.map(asStored));
  });

  test('refuses or splits a request that is larger than its limits', async () => {
    const destination = open();
    const list = samples(Math.min(destination.limits.records + 1, 20_000));
    const outcome = await destination.write(requestOf('too-large', list.map(itemOf))).catch((error: unknown) => error);
    if (Array.isArray(outcome)) expect(outcome.length).toBe(list.length);
    else expect(outcome).toMatchObject({ code: 'BATCH_LIMIT', effect: 'none' });
  });

  test('answers nothing for no items', async () => {
    expect(await open().write(requestOf('empty', []))).toEqual([]);
  });

  caseOf(given, 'read back', 'reads back what it wrote, and leaves out what is not there', async () => {
    const destination = open();
    const list = samples(7);
    const written = await write(destination, list.map(itemOf));
    const asked = list.map((one, index) => askedBy(destination, one, written[index]));
    const found = await destination.read?.([...asked, 'not-there'], never());
    expect([...(found?.keys() ?? [])].sort()).toEqual([...asked].sort());
    for (const [index, one] of list.entries())
      expect(found?.get(asked[index] ?? '')?.record).toMatchObject(asStored(one));
  });

  caseOf(given, 'bad record', 'refuses a bad record alone, and says why', async () => {
    const bad = { key: 'bad', op: 'upsert', json: JSON.stringify(subject.badRecord?.()), destinationId: null } as const;
    const [first, second] = samples(2);
    const outcomes = await write(open(), [itemOf(first ?? sample(1)), bad, itemOf(second ?? sample(2))]);
    expect(outcomes.map(({ state }) => state)).toEqual(['confirmed', 'rejected', 'confirmed']);
    const rejected = outcomes[1];
    expect(rejected?.state === 'rejected' && rejected.reason.length).toBeGreaterThan(0);
    await expectStored(system(), samples(2).map(asStored));
  });

  caseOf(given, 'delete', 'deletes by key, and a second time without complaint', async () => {
    const destination = open();
    const list = samples(4);
    const written = await write(destination, list.map(itemOf));
    const removal = list.slice(0, 2).map((one, index) => deletion(one, written[index]));
    for (const id of ['request-2', 'request-3'])
      expect((await write(destination, removal, id)).map(({ state }) => state)).toEqual(['confirmed', 'confirmed']);
    await expectStored(system(), list.slice(2).map(asStored));
  });

  test('stops a write when the signal is given before it', async () => {
    const stop = AbortSignal.abort(new Error('the writer has gone'));
    const request = { ...requestOf('late', [itemOf(sample(1))]), signal: stop };
    await expect(open().write(request)).rejects.toThrow();
    expect((await system().stored()).size).toBe(0);
  });
}

async function expectStored(system: LiveSystem, records: readonly JsonRecord[]): Promise<void> {
  const stored = await system.stored();
  expect([...stored.keys()].sort()).toEqual(records.map(idOf).sort());
  for (const record of records) expect(stored.get(String(idOf(record)))).toMatchObject(record);
}
