import { setTimeout as sleep } from 'node:timers/promises';
import { Context } from '@temporalio/activity';
import type { Destination, Page, Source } from '../../model/connector/connector.ts';
import type { Mapped } from '../../model/mapping/mapping.ts';
import { arraySource, createTestEngine, type TestEngine, testRecord } from '../support/engine.ts';
import { journalDestination } from '../support/journal.ts';

let engine: TestEngine | undefined;
/** The first engine of a process loads the SDK and bundles the workflows: no test's own time. */
beforeAll(async () => (await createTestEngine([])).close(), 180_000);
afterEach(async () => {
  await engine?.close();
  engine = undefined;
});

const recordsOf = (count: number, value = 'v') =>
  Array.from({ length: count }, (_, n) => ({ id: `r${n}`, version: n, value }));

/** A destination whose writes wait until they are let through. */
function gated(): { destination: Destination; open: () => void; asked: Promise<void> } {
  const journal = journalDestination({ upsert: true });
  let open = () => {};
  const gate = new Promise<void>((resolve) => (open = resolve));
  let ask = () => {};
  const asked = new Promise<void>((resolve) => (ask = resolve));
  const write: Destination['write'] = async (request) => {
    ask();
    await gate;
    return journal.write(request);
  };
  return { destination: { ...journal, write }, open, asked };
}

test('with its memory used up a run fetches on when its batch is delivered, and holds up no other run', async () => {
  const slow = gated();
  const pages: number[] = [];
  const source = arraySource(() => recordsOf(40), { fail: (page) => void pages.push(page) });
  const policy = { batchRecords: 10, heartbeatTimeout: '2 seconds' };
  const other = journalDestination({ upsert: true });
  engine = await createTestEngine(
    [
      { name: 'slow', source, destination: slow.destination, policy },
      { name: 'other', source: arraySource(() => recordsOf(40)), destination: other, policy },
    ],
    { worker: { batchMemoryBytes: 1 } },
  );
  const handle = await engine.start('slow');
  await slow.asked;
  // The second one may have begun before the first was at work.
  await sleep(2500);
  expect(pages).toEqual([0]);
  expect(await engine.run('other')).toMatchObject({ status: 'succeeded', counts: { fetched: 40, delivered: 40 } });
  expect(pages).toEqual([0]);
  slow.open();
  expect(await handle.result()).toMatchObject({ status: 'succeeded', counts: { fetched: 40, delivered: 40 } });
});

test('a fetch that waits for memory says so, and no longer when it waits for its source', async () => {
  const slow = gated();
  const inner = arraySource(() => recordsOf(40));
  const source: Source = {
    ...inner,
    async *read(request): AsyncIterable<Page> {
      if (request.position !== null) await Context.current().cancelled;
      yield* inner.read(request);
    },
  };
  engine = await createTestEngine(
    [
      {
        name: 'slow',
        source,
        destination: slow.destination,
        policy: { batchRecords: 10, heartbeatTimeout: '2 seconds' },
      },
    ],
    { worker: { batchMemoryBytes: 1 } },
  );
  const handle = await engine.start('slow');
  const progress = async (): Promise<string> => {
    const { raw } = await handle.describe();
    const step = raw.pendingActivities?.find(({ activityType }) => activityType?.name === 'fetchBatch');
    return Buffer.from(step?.heartbeatDetails?.payloads?.[0]?.data ?? '').toString();
  };
  while (!(await progress()).includes('waitsForBytes')) await sleep(50);
  slow.open();
  while (!(await progress()).includes('pages')) await sleep(50);
  await handle.cancel();
  await expect(handle.result()).rejects.toThrow();
}, 30_000);

test('a run is cancelled while it waits for memory', async () => {
  const slow = gated();
  const source = arraySource(() => recordsOf(40));
  engine = await createTestEngine(
    [{ name: 'slow', source, destination: slow.destination, policy: { batchRecords: 10 } }],
    {
      worker: { batchMemoryBytes: 1 },
    },
  );
  const handle = await engine.start('slow');
  const fetching = async () =>
    (await handle.describe()).raw.pendingActivities?.some(({ activityType }) => activityType?.name === 'fetchBatch');
  await slow.asked;
  while (!(await fetching())) await sleep(50);
  await handle.cancel();
  while (await fetching()) await sleep(50);
  slow.open();
  await expect(handle.result()).rejects.toThrow();
  expect((await handle.describe()).status.name).toBe('CANCELLED');
});

test('of many large syncs at once each record is mapped once', async () => {
  let mapped = 0;
  const map = (record: unknown): Mapped => {
    mapped++;
    return { state: 'mapped', record };
  };
  const names = Array.from({ length: 8 }, (_, n) => `load-${n}`);
  engine = await createTestEngine(
    names.map((name) => ({
      name,
      map,
      source: arraySource(() => recordsOf(100)),
      destination: journalDestination({ upsert: true }),
      policy: { batchRecords: 10 },
    })),
    // Two batches of each, of about four kilobytes.
    { worker: { batchMemoryBytes: 64 * 1024 } },
  );
  const reports = await Promise.all(names.map((name) => engine?.run(name)));
  expect(reports.map((report) => report?.counts.delivered)).toEqual(names.map(() => 100));
  expect(mapped).toBe(800);
});

test('a batch ends with what its run may hold in memory, unless it keeps to a plan', async () => {
  const source = arraySource(() => recordsOf(100, 'x'.repeat(100_000)));
  const large = { source, destination: journalDestination({ upsert: true }), from: testRecord };
  engine = await createTestEngine(
    [
      { name: 'large', ...large },
      { name: 'planned', ...large },
    ],
    {
      worker: { batchMemoryBytes: 8 * 1024 * 1024 },
    },
  );
  const { ledger } = engine;
  const firstOf = async (run: string): Promise<number> =>
    (await ledger.pool.query<{ records: number }>('select records from batches where run = $1 and seq = 1', [run]))
      .rows[0]?.records ?? 0;
  await engine.run('large', { run: 'cut' });
  expect(await firstOf('cut')).toBeLessThan(80);
  await ledger.plans.keepTo('whole', 'gone');
  const handle = await engine.start('planned', { run: 'whole' });
  while ((await firstOf('whole')) === 0) await sleep(50);
  expect(await firstOf('whole')).toBe(100);
  await handle.terminate();
});

test('an attempt at a fetch that was presumed dead closes nothing, so that no record of a later one is left out', async () => {
  let closedByLater = () => {};
  const later = new Promise<void>((resolve) => (closedByLater = resolve));
  let tried = () => {};
  const earlier = new Promise<void>((resolve) => (tried = resolve));
  const journal = journalDestination({ upsert: true });
  engine = await createTestEngine(
    [
      {
        name: 'late',
        source: arraySource(() => recordsOf(100, 'x'.repeat(100_000))),
        destination: { ...journal, limits: { ...journal.limits, bytes: 100_000_000 } },
        policy: { stepTimeout: '3 seconds' },
      },
    ],
    {
      // Ends its batch by memory; the attempt after it, which goes on with what is staged, does not.
      worker: { batchMemoryBytes: 8 * 1024 * 1024 },
      steps: (steps) => ({
        ...steps,
        async deliverBatch(input) {
          await earlier;
          return steps.deliverBatch(input);
        },
      }),
    },
  );
  const { staging } = engine.ledger;
  const { closeFetch } = staging;
  let closing = 0;
  staging.closeFetch = async (...batch) => {
    const isFirst = closing++ === 0;
    if (isFirst) await later;
    try {
      await closeFetch(...batch);
    } finally {
      // The steps after it have a moment to be at work on the batch.
      if (isFirst) setTimeout(tried, 200);
      else setTimeout(closedByLater, 1500);
    }
  };
  expect(await engine.run('late')).toMatchObject({ status: 'succeeded', counts: { fetched: 100, delivered: 100 } });
  expect(journal.state.size).toBe(100);
});
