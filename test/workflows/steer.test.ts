import { setTimeout as sleep } from 'node:timers/promises';
import { WorkflowUpdateFailedError } from '@temporalio/client';
import { SyncFailure } from '../../model/failure/failure.ts';
import { searchAttribute } from '../../model/names.ts';
import type { Json } from '../../model/record/json.ts';
import type { RunState } from '../../model/sync/run-state.ts';
import type { Verb } from '../../model/sync/steering.ts';
import { arraySource, createTestEngine, type TestEngine, type TestSync } from '../support/engine.ts';
import { holdWrites, journalDestination } from '../support/journal.ts';

const orders = (count: number): Json[] =>
  Array.from({ length: count }, (_, n) => ({ id: `o${n}`, version: n, value: `v${n}` }));
const upsert = { upsert: true, lookupLagMs: 0 };

let engine: TestEngine | undefined;
async function engineFor(...syncs: TestSync[]): Promise<TestEngine> {
  engine = await createTestEngine(syncs);
  return engine;
}
afterEach(async () => {
  await engine?.close();
  engine = undefined;
});

type Handle = Awaited<ReturnType<TestEngine['start']>>;

async function stateWhen(handle: Handle, holds: (state: RunState) => unknown): Promise<RunState> {
  for (;;) {
    const state = await handle.query<RunState>('status');
    if (holds(state)) return state;
    await sleep(25);
  }
}

/** What the run answers, or the words with which it refuses. */
async function ask(handle: Handle, verb: Verb): Promise<string> {
  try {
    return await handle.executeUpdate<string, []>(verb);
  } catch (error) {
    if (error instanceof WorkflowUpdateFailedError) return `refused: ${error.cause?.message}`;
    throw error;
  }
}

const statusAttribute = async (handle: Handle): Promise<unknown> =>
  (await handle.describe()).searchAttributes[searchAttribute.status]?.[0];

test('a run that waits says for what and where, and `retry` tries at once instead of in an hour', async () => {
  let down = true;
  const fail = () => {
    if (down) throw new SyncFailure('SERVER_ERROR', 'closed for an hour', { effect: 'none', retryAfterMs: 3_600_000 });
  };
  const { start } = await engineFor({
    name: 'waits',
    source: arraySource(() => orders(20), { fail }),
    destination: journalDestination(upsert),
  });
  const handle = await start('waits');
  const { waiting } = await stateWhen(handle, (state) => state.waiting);
  expect(waiting).toMatchObject({
    step: 'fetch',
    batch: 1,
    attempt: 1,
    code: 'SERVER_ERROR',
    place: { side: 'source', connection: 'test' },
  });
  expect(Date.parse(waiting?.nextAttempt ?? '') - Date.now()).toBeGreaterThan(3_500_000);
  expect(await statusAttribute(handle)).toBe('waiting');
  expect(await ask(handle, 'skip')).toBe('refused: the run does not wait for a person');
  down = false;
  expect(await ask(handle, 'retry')).toBe('tries fetch again now');
  expect(await handle.result()).toMatchObject({ status: 'succeeded', counts: { delivered: 20 } });
  expect(await statusAttribute(handle)).toBe('succeeded');
});

test('a run that goes on after a wait no longer says that it waits', async () => {
  let down = true;
  const fail = () => {
    if (down) throw new SyncFailure('SERVER_ERROR', 'closed for an hour', { effect: 'none', retryAfterMs: 3_600_000 });
  };
  const books = journalDestination(upsert);
  const { came, release } = holdWrites(books);
  const { start } = await engineFor({
    name: 'no-longer',
    source: arraySource(() => orders(20), { fail }),
    destination: books,
  });
  const handle = await start('no-longer');
  await stateWhen(handle, (state) => state.waiting);
  down = false;
  await ask(handle, 'retry');
  await came;
  const [{ waiting }, status] = [await stateWhen(handle, () => true), await statusAttribute(handle)];
  release();
  expect([waiting, status]).toEqual([null, 'running']);
  await handle.result();
});

test('`retry` sent blindly, as from the Temporal UI, cuts a wait short too', async () => {
  let down = true;
  const books = journalDestination(upsert);
  const { write } = books;
  books.write = (request) => {
    if (down) throw new SyncFailure('SERVER_ERROR', 'closed for an hour', { effect: 'none', retryAfterMs: 3_600_000 });
    return write(request);
  };
  const { start } = await engineFor({
    name: 'hurried',
    source: arraySource(() => orders(20)),
    destination: books,
  });
  const handle = await start('hurried');
  const { waiting } = await stateWhen(handle, (state) => state.waiting);
  expect(waiting).toMatchObject({ step: 'deliver', place: { side: 'destination', connection: 'test' } });
  down = false;
  await handle.signal('retry');
  expect(await handle.result()).toMatchObject({ status: 'succeeded', counts: { delivered: 20 } });
});

test('`abort` ends a run that waits for hours, and the next run finds the sync free', async () => {
  let down = true;
  const fail = () => {
    if (down) throw new SyncFailure('RATE_LIMITED', 'not within the hour', { effect: 'none', retryAfterMs: 3_600_000 });
  };
  const { start, run, ledger } = await engineFor({
    name: 'aborted',
    source: arraySource(() => orders(20), { fail }),
    destination: journalDestination(upsert),
  });
  const handle = await start('aborted');
  await stateWhen(handle, (state) => state.waiting);
  expect(await ask(handle, 'abort')).toBe('is being ended; the cursor stays where it was');
  await expect(handle.result()).rejects.toMatchObject({ cause: { type: 'ABORTED' } });
  expect((await ledger.reports.latestRuns('aborted'))[0]).toMatchObject({ status: 'cancelled', failureCode: null });
  down = false;
  expect(await run('aborted')).toMatchObject({ status: 'succeeded', counts: { delivered: 20 } });
});

test('pausing takes one batch: what is fetched meanwhile is not delivered before `resume`', async () => {
  const books = journalDestination(upsert, 500);
  const { start } = await engineFor({
    name: 'paused',
    source: arraySource(() => orders(60), { pageSize: 10 }),
    destination: books,
    policy: { batchRecords: 10, batchesInFlight: 3, batchesPerExecution: 2 },
  });
  // The first delivery is held, until the window behind it is full.
  const { release } = holdWrites(books);
  const handle = await start('paused');
  expect(await ask(handle, 'resume')).toBe('refused: the run is not paused');
  await stateWhen(handle, ({ batches }) => batches.fetched === 2);
  expect(await ask(handle, 'retry')).toBe('refused: no step of the run has failed: it is at work');
  expect(await ask(handle, 'pause')).toBe('holds as soon as the batch under way is done');
  expect(await ask(handle, 'pause')).toBe('refused: the run is paused already');
  release();
  await stateWhen(handle, ({ batches }) => batches.delivered === 1);
  await sleep(300);
  expect(await stateWhen(handle, () => true)).toMatchObject({ paused: true, batches: { fetched: 2, delivered: 1 } });
  expect(await statusAttribute(handle)).toBe('paused');
  expect(await ask(handle, 'resume')).toBe('goes on');
  expect(await handle.result()).toMatchObject({ status: 'succeeded', counts: { delivered: 60 } });
});

test('a run that was asked to pause stays paused in the executions it continues as', async () => {
  let ofBatch = (_page: number): void => {};
  const { start } = await engineFor({
    name: 'continued',
    source: arraySource(() => orders(40), { pageSize: 10, fail: (page) => ofBatch(page) }),
    destination: journalDestination(upsert, 500),
    policy: { batchRecords: 10, batchesPerExecution: 1 },
  });
  let asked: Promise<string> | undefined;
  ofBatch = (page) => {
    if (page === 2) asked ??= ask(handle, 'pause');
  };
  const handle = await start('continued');
  await stateWhen(handle, ({ paused }) => paused);
  expect(await asked).toBe('holds as soon as the batch under way is done');
  expect(await ask(handle, 'resume')).toBe('goes on');
  expect(await handle.result()).toMatchObject({ status: 'succeeded', counts: { delivered: 40 } });
});

test('credentials that are refused park the run at the source; mended, `retry` goes on and nothing is doubled', async () => {
  let mended = false;
  const books = journalDestination(upsert);
  const fail = (page: number) => {
    if (page === 2 && !mended) throw new SyncFailure('AUTH_REJECTED', 'the key was refused', { effect: 'none' });
  };
  const { start } = await engineFor({
    name: 'mended',
    source: arraySource(() => orders(50), { fail }),
    destination: books,
    policy: { batchRecords: 10 },
  });
  const handle = await start('mended');
  const { parked } = await stateWhen(handle, (state) => state.parked);
  expect(parked).toMatchObject({
    step: 'fetch',
    batch: 3,
    code: 'AUTH_REJECTED',
    place: { side: 'source', connection: 'test' },
  });
  expect(await ask(handle, 'skip')).toBe(
    'refused: there is nothing to skip after AUTH_REJECTED in fetch: `retry` or `abort`',
  );
  mended = true;
  expect(await ask(handle, 'retry')).toBe('goes on after AUTH_REJECTED: tries the step fetch again');
  expect(await handle.result()).toMatchObject({ status: 'succeeded', counts: { delivered: 50 } });
  expect(books.effects).toHaveLength(50);
});
