import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import type { Destination } from '../../model/connector/connector.ts';
import type { Json } from '../../model/record/json.ts';
import { deliveryClassAfter } from '../../model/sync/delivery.ts';
import { checkProject } from '../../project/load.ts';
import { arraySource, createTestEngine, type TestEngine, type TestSync } from '../support/engine.ts';
import { type JournalDestination, journalDestination } from '../support/journal.ts';
import { untilInDoubt } from '../support/ledger.ts';
import { paperProject, paperSync, withProject } from '../support/temp-project.ts';

const orders = (count: number): Json[] =>
  Array.from({ length: count }, (_, n) => ({ id: `o${n}`, version: n, value: `v${n}` }));

let engine: TestEngine | undefined;
async function engineFor(...syncs: TestSync[]): Promise<TestEngine> {
  engine = await createTestEngine(syncs);
  return engine;
}
afterEach(async () => {
  await engine?.close();
  engine = undefined;
});

/** Confirms everything and forgets these keys. */
function forgetting(books: JournalDestination, keys: readonly string[]): Destination {
  return {
    ...books,
    async write(request) {
      const outcomes = await books.write(request);
      for (const key of keys) books.state.delete(key);
      return outcomes;
    },
  };
}

test('a destination that says yes and stores nothing is found by reading back, counted, and no success', async () => {
  const books = journalDestination({ upsert: true, lookupLagMs: 0 });
  const { run } = await engineFor({
    name: 'lies',
    source: arraySource(() => orders(10)),
    destination: forgetting(books, ['o3', 'o7']),
  });
  expect(await run('lies')).toMatchObject({
    status: 'partial',
    counts: { delivered: 10, quarantined: 0 },
    reconciled: { checked: 10, missing: 2, different: 0 },
  });
});

test('a destination that loses the end of what it is sent is found, however little of a batch is read back', async () => {
  const books = journalDestination({ upsert: true, lookupLagMs: 0 }, 50);
  const { run } = await engineFor({
    name: 'tail',
    source: arraySource(() => orders(200), { pageSize: 200 }),
    destination: forgetting(books, ['o199']),
    policy: { readBack: 5 },
  });
  expect(await run('tail')).toMatchObject({ status: 'partial', counts: { delivered: 200 } });
});

test('what a destination shows only later is waited for, and not called missing', async () => {
  const books = journalDestination({ upsert: true, lookupLagMs: 300 });
  let writtenMs = Number.POSITIVE_INFINITY;
  const { run } = await engineFor({
    name: 'late',
    source: arraySource(() => orders(10)),
    destination: {
      ...books,
      async write(request) {
        writtenMs = performance.now();
        return books.write(request);
      },
      read: async (keys, signal) =>
        performance.now() - writtenMs < 250 ? new Map() : ((await books.read?.(keys, signal)) ?? new Map()),
    },
  });
  expect(await run('late')).toMatchObject({ status: 'succeeded', reconciled: { checked: 10, missing: 0 } });
  await sleep(0);
});

test('a record nested deeper than a hundred levels is set aside, and the others flow on', async () => {
  const nested = (levels: number): Json => (levels === 0 ? 'end' : [nested(levels - 1)]);
  const books = journalDestination({ upsert: true });
  const { run, ledger } = await engineFor({
    name: 'deep',
    from: z.object({ id: z.string(), version: z.int(), value: z.unknown() }),
    source: arraySource(() => [
      { id: 'a', version: 1, value: nested(99) },
      { id: 'b', version: 1, value: nested(100) },
    ]),
    destination: books,
  });
  expect(await run('deep')).toMatchObject({ status: 'partial', counts: { delivered: 1, quarantined: 1 } });
  expect(await ledger.quarantine.list('deep', {})).toMatchObject([{ code: 'RECORD_TOO_DEEP' }]);
});

test('two syncs in opposite directions come to rest: each record is written once on each side', async () => {
  const [left, right] = [journalDestination({ upsert: true }), journalDestination({ upsert: true })];
  let clock = 100;
  // Both systems stamp what they are given with a version of their own, as a change.
  const stamped = (books: JournalDestination): Json[] =>
    [...books.state.values()].map((record) => ({ ...(record as object), version: clock++ }));
  for (const record of orders(5)) left.state.set((record as { id: string }).id, record);
  const map = (record: unknown) => ({ state: 'mapped' as const, record: { ...(record as object), version: 0 } });
  const { run } = await engineFor(
    { name: 'there', source: arraySource(() => stamped(left)), destination: right, map },
    { name: 'back', source: arraySource(() => stamped(right)), destination: left, map },
  );
  for (let round = 0; round < 3; round++) for (const name of ['there', 'back']) await run(name);
  expect([right.effects.length, left.effects.length]).toEqual([5, 5]);
});

test('past the window of its key a request is no longer replayed under it', () => {
  const hour = 3_600_000;
  const can = { idempotencyKeyHours: 24, lookupLagMs: 0 };
  expect(deliveryClassAfter(can, 24 * hour - 1)).toBe('T2');
  expect(deliveryClassAfter(can, 24 * hour)).toBe('T4');
  expect(deliveryClassAfter({ idempotencyKeyHours: 24 }, 24 * hour)).toBe('T5');
});

test('a request in doubt past that window is looked up by the next run, and not sent again', async () => {
  const books = journalDestination({ idempotencyKeyHours: 24, lookupLagMs: 0 });
  const { run, start, ledger } = await engineFor({
    name: 'old',
    source: arraySource(() => orders(3)),
    destination: books,
    policy: { retryFirst: '1 hour', retryMax: '1 hour' },
  });
  books.fate = () => 'lost after';
  const handle = await start('old');
  await untilInDoubt(ledger);
  await handle.signal('abort');
  await expect(handle.result()).rejects.toThrow();
  await ledger.pool.query(`update intents set opened_at = opened_at - interval '25 hours'`);
  books.fate = () => 'done';
  expect(await run('old')).toMatchObject({ status: 'succeeded', counts: { unchanged: 3 } });
  expect(books.requests).toBe(1);
});

test('two syncs that write to one place are told of each other', async () => {
  const problems = await withProject(paperProject({ 'syncs/more.ts': paperSync }), async (folder) =>
    (await checkProject(folder, {})).problems.map(({ code, sync }) => `${code} ${sync}`),
  );
  expect(problems).toEqual(['DESTINATION_SHARED orders']);
});
