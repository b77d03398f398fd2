import { setTimeout as sleep } from 'node:timers/promises';
import type { Destination } from '../../model/connector/connector.ts';
import { SyncFailure } from '../../model/failure/failure.ts';
import type { Json } from '../../model/record/json.ts';
import { arraySource, createTestEngine, type TestEngine, type TestServers, type TestSync } from '../support/engine.ts';
import { type JournalDestination, journalDestination } from '../support/journal.ts';

const orders = (count: number): Json[] =>
  Array.from({ length: count }, (_, n) => ({ id: `o${n}`, version: n, value: `v${n}` }));

let engine: TestEngine | undefined;
async function engineFor(sync: TestSync, servers: TestServers = {}): Promise<TestEngine> {
  engine = await createTestEngine([sync], servers);
  return engine;
}
afterEach(async () => {
  await engine?.close();
  engine = undefined;
});

/** Confirms everything, and does this to what it has stored: null loses it. */
function spoiling(books: JournalDestination, spoil: (key: string, record: Json) => Json | null): Destination {
  return {
    ...books,
    async write(request) {
      const outcomes = await books.write(request);
      for (const { key } of request.items) {
        const kept = spoil(key, books.state.get(key) ?? null);
        if (kept === null) books.state.delete(key);
        else books.state.set(key, kept);
      }
      return outcomes;
    },
  };
}

const everything = (books: JournalDestination): readonly Json[] => [...books.state.values()];
const noticesOf = async ({ ledger }: TestEngine, run: string) =>
  (await ledger.notices.ofRun(run)).map(({ code, subject, records }) => ({ code, subject, records }));

test('what a destination lost is sent again by the next run, also when its source has nothing new', async () => {
  const books = journalDestination({ upsert: true, lookupLagMs: 0 }, 500);
  let loses = true;
  const { run, ledger } = await engineFor({
    name: 'lost',
    source: arraySource(() => orders(300), { pageSize: 300 }),
    destination: spoiling(books, (key, record) => (loses && key.endsWith('0') ? null : record)),
    mode: 'incremental',
    // Half of them, by chance: one that is met is enough to have all read back.
    policy: { readBack: 150 },
  });
  const first = await run('lost');
  expect(first).toMatchObject({ status: 'partial', counts: { delivered: 300 }, reconciled: { missing: 30 } });
  const lost = (await ledger.unagreed.list('lost', 100)).map(({ key }) => key).sort();
  expect(lost).toEqual(Array.from({ length: 30 }, (_, n) => `o${n * 10}`).sort());
  loses = false;
  expect(await run('lost')).toMatchObject({
    status: 'succeeded',
    counts: { delivered: 30 },
    reconciled: { checked: 30, missing: 0 },
  });
  expect(everything(books)).toHaveLength(300);
  expect(await ledger.unagreed.list('lost', 10)).toEqual([]);
  expect(await run('lost')).toMatchObject({ status: 'succeeded', counts: { fetched: 1, delivered: 0 } });
});

test('what an attempt delivered before it died is read back too: the next one only knows that it was confirmed', async () => {
  const books = journalDestination({ upsert: true, lookupLagMs: 0 }, 100);
  const destination = spoiling(books, (key, record) => (key === 'o7' ? null : record));
  let requests = 0;
  const { run } = await engineFor({
    name: 'two-attempts',
    source: arraySource(() => orders(200), { pageSize: 200 }),
    destination: {
      ...destination,
      limits: { ...destination.limits, concurrency: 1 },
      async write(request) {
        requests++;
        if (requests === 2) throw new SyncFailure('CONNECTION_LOST', 'cut off');
        return destination.write(request);
      },
    },
  });
  expect(await run('two-attempts')).toMatchObject({
    status: 'partial',
    counts: { delivered: 200 },
    reconciled: { missing: 1 },
  });
});

test('what a destination never keeps is sent twice more, stays partial, and can be given up with a reason', async () => {
  const books = journalDestination({ upsert: true, lookupLagMs: 0 });
  let value = 'refused';
  const { run, ledger } = await engineFor({
    name: 'drops',
    source: arraySource(() => [...orders(3), { id: 'x', version: 9, value }]),
    destination: spoiling(books, (_key, record) => (JSON.stringify(record).includes('refused') ? null : record)),
  });
  const sent = () => books.effects.filter(({ key }) => key === 'x').length;
  const statuses: string[] = [];
  const sends: number[] = [];
  for (let n = 0; n < 5; n++) {
    statuses.push((await run('drops')).status);
    sends.push(sent());
  }
  expect(statuses).toEqual(['partial', 'partial', 'partial', 'partial', 'partial']);
  expect(sends).toEqual([1, 2, 3, 3, 3]);
  expect(await ledger.unagreed.giveUp('drops', null, 'a test record')).toBe(1);
  expect(await run('drops')).toMatchObject({ status: 'succeeded', counts: { unchanged: 4 } });
  expect(await ledger.unagreed.list('drops', 10)).toMatchObject([{ key: 'x', reason: 'a test record' }]);
  value = 'taken';
  expect(await run('drops')).toMatchObject({ status: 'succeeded', counts: { delivered: 1 } });
  expect(books.state.get('x')).toMatchObject({ value: 'taken' });
});

test('what arrives late by itself is agreed without being sent again', async () => {
  const books = journalDestination({ upsert: true, lookupLagMs: 0 });
  const late = new Map<string, Json>();
  const { run } = await engineFor({
    name: 'late',
    source: arraySource(() => orders(4)),
    destination: spoiling(books, (key, record) => {
      if (key !== 'o1' || late.size > 0) return record;
      late.set(key, record);
      return null;
    }),
  });
  expect(await run('late')).toMatchObject({ status: 'partial' });
  for (const [key, record] of late) books.state.set(key, record);
  expect(await run('late')).toMatchObject({ status: 'succeeded' });
  expect(books.effects).toHaveLength(4);
});

test('records that were cut are all found, named by their field, and mended by the next run', async () => {
  const books = journalDestination({ upsert: true, lookupLagMs: 0 }, 500);
  let cuts = true;
  const { run, ...rest } = await engineFor({
    name: 'cut',
    source: arraySource(() => orders(400), { pageSize: 400 }),
    destination: spoiling(books, (key, record) =>
      cuts && key.endsWith('7') ? { ...(record as object), value: 'v' } : record,
    ),
    policy: { readBack: 100 },
  });
  const first = await run('cut');
  expect(first).toMatchObject({ status: 'partial', reconciled: { checked: 400, different: 40 } });
  expect(await noticesOf({ run, ...rest }, first.run)).toEqual([
    { code: 'DIFFERS_AT_DESTINATION', subject: 'value', records: 40 },
  ]);
  cuts = false;
  expect(await run('cut')).toMatchObject({ status: 'succeeded', counts: { delivered: 40, unchanged: 360 } });
  expect(everything(books)).toEqual(expect.arrayContaining(orders(400)));
});

test.each([
  ['not declared, is told by its field and keeps every run partial, and nothing is sent again for it', undefined],
  ['declared, counts as agreed', ['value']],
])('a field that the destination always changes, %s', async (_words, destinationAlters) => {
  const books = journalDestination({ upsert: true, lookupLagMs: 0 }, 500);
  const { run, ...rest } = await engineFor({
    name: 'upper',
    source: arraySource(() => orders(300), { pageSize: 300 }),
    destination: spoiling(books, (key, record) => ({ ...(record as object), value: key.toUpperCase() })),
    mode: 'incremental',
    ...(destinationAlters && { destinationAlters }),
  });
  const [first, second] = [await run('upper', { full: true }), await run('upper', { full: true })];
  const told = [{ code: 'DESTINATION_ALTERS', subject: 'value', records: expect.any(Number) }];
  for (const { run: id } of [first, second])
    expect(await noticesOf({ run, ...rest }, id)).toEqual(destinationAlters ? [] : told);
  const status = destinationAlters ? 'succeeded' : 'partial';
  expect([first.status, second.status]).toEqual([status, status]);
  expect(books.effects).toHaveLength(300);
});

test('a record that a later batch of the run delivered anew is not compared with what the earlier one sent', async () => {
  const books = journalDestination({ upsert: true, lookupLagMs: 0 });
  const { run } = await engineFor({
    name: 'again',
    source: arraySource(() => [...orders(10), { id: 'o3', version: 100, value: 'newer' }]),
    destination: books,
    policy: { batchRecords: 10 },
  });
  expect(await run('again')).toMatchObject({ status: 'succeeded', counts: { delivered: 11 } });
});

test('what a run delivered that was aborted before it could read back is read back by the next one', async () => {
  const books = journalDestination({ upsert: true, lookupLagMs: 0 });
  let loses = true;
  const { run, start, ledger } = await engineFor({
    name: 'aborted',
    source: arraySource(() => orders(20)),
    destination: spoiling(books, (key, record) => (loses && key === 'o3' ? null : record)),
    policy: { batchRecords: 10, retryFirst: '1 hour', retryMax: '1 hour' },
  });
  books.fate = (n) => (n === 1 ? 'done' : 'refused');
  const handle = await start('aborted');
  while ((await ledger.pool.query('select from written')).rowCount === 0) await sleep(50);
  await handle.signal('abort');
  await expect(handle.result()).rejects.toThrow();
  books.fate = () => 'done';
  loses = false;
  expect(await run('aborted')).toMatchObject({ status: 'partial', counts: { unchanged: 10, delivered: 10 } });
  expect(await run('aborted')).toMatchObject({ status: 'succeeded', counts: { delivered: 1 } });
  expect(everything(books)).toHaveLength(20);
  expect((await ledger.pool.query('select from written')).rowCount).toBe(0);
});

test('where the sample of an aborted run shows a fault, all that its batch delivered is looked at', async () => {
  const books = journalDestination({ upsert: true, lookupLagMs: 0 }, 500);
  let loses = true;
  const { run, start, ledger } = await engineFor({
    name: 'aborted-sample',
    source: arraySource(() => orders(400), { pageSize: 200 }),
    destination: spoiling(books, (_key, record) => (loses ? null : record)),
    policy: { batchRecords: 200, readBack: 5, retryFirst: '1 hour', retryMax: '1 hour' },
  });
  books.fate = (n) => (n === 1 ? 'done' : 'refused');
  const handle = await start('aborted-sample');
  while ((await ledger.pool.query('select from written')).rowCount === 0) await sleep(50);
  await handle.signal('abort');
  await expect(handle.result()).rejects.toThrow();
  books.fate = () => 'done';
  loses = false;
  expect(await run('aborted-sample')).toMatchObject({ status: 'partial', reconciled: { missing: 200 } });
  expect(await run('aborted-sample')).toMatchObject({ status: 'succeeded', counts: { delivered: 200 } });
  expect(everything(books)).toHaveLength(400);
  expect((await ledger.pool.query('select from staged')).rowCount).toBe(0);
});

test('what a run delivered of a batch that it did not bring to its end is read back by the next one', async () => {
  const books = journalDestination({ upsert: true, lookupLagMs: 0 }, 10);
  const destination = spoiling(books, (key, record) => (loses && key === 'o3' ? null : record));
  let loses = true;
  const { run, start, ledger } = await engineFor({
    name: 'half-way',
    source: arraySource(() => orders(20)),
    destination: { ...destination, limits: { ...destination.limits, concurrency: 1 } },
    policy: { batchRecords: 20, retryFirst: '1 hour', retryMax: '1 hour' },
  });
  books.fate = (n) => (n === 1 ? 'done' : 'refused');
  const handle = await start('half-way');
  while ((await ledger.pool.query("select from intents where state = 'void'")).rowCount === 0) await sleep(50);
  await handle.signal('abort');
  await expect(handle.result()).rejects.toThrow();
  books.fate = () => 'done';
  loses = false;
  expect(await run('half-way')).toMatchObject({ status: 'partial', counts: { unchanged: 10, delivered: 10 } });
  expect(await run('half-way')).toMatchObject({ status: 'succeeded', counts: { delivered: 1 } });
  expect(everything(books)).toHaveLength(20);
  expect((await ledger.pool.query('select from staged')).rowCount).toBe(0);
});

test('a step that dies after it has noted what it found, and before it has told it, finds the same when it is repeated', async () => {
  const books = journalDestination({ upsert: true, lookupLagMs: 0 });
  const steps: TestServers['steps'] = (around) => ({
    ...around,
    async reconcileRun(input) {
      await around.reconcileRun(input);
      await engine?.ledger.pool.query('delete from notices');
      return around.reconcileRun(input);
    },
  });
  const { run, ledger } = await engineFor(
    {
      name: 'twice',
      source: arraySource(() => orders(5)),
      destination: spoiling(books, (key, record) => {
        if (key === 'o1') return null;
        return key === 'o2' ? { ...(record as object), value: 'other' } : record;
      }),
    },
    { steps },
  );
  expect(await run('twice')).toMatchObject({ status: 'partial', reconciled: { checked: 5, missing: 1, different: 1 } });
  expect((await ledger.unagreed.list('twice', 10)).map(({ times }) => times)).toEqual([1, 1]);
});
