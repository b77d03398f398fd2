import { setTimeout as sleep } from 'node:timers/promises';
import { Bulkhead } from '../../engine/batches/bulkhead.ts';
import type { Page, Source } from '../../model/connector/connector.ts';
import { adviceFor } from '../../model/failure/advice.ts';
import { arraySource, createTestEngine, type TestEngine, type TestSync } from '../support/engine.ts';
import { journalDestination } from '../support/journal.ts';

const never = new AbortController().signal;
const once = () => ({ number: 1, signal: never });

describe('the places of one connection', () => {
  test('so many at work, as many in line in their order, and no more', async () => {
    const bulkhead = new Bulkhead(2, 4, once);
    const entered: string[] = [];
    const enter = (name: string) => bulkhead.enter('shop', 1, never).then(() => void entered.push(name));
    await Promise.all([enter('a'), enter('b')]);
    const line = [enter('c'), enter('d')];
    await expect(bulkhead.enter('shop', 1, never)).rejects.toMatchObject({ code: 'CONNECTION_BUSY', effect: 'none' });
    await bulkhead.enter('books', 1, never);
    expect(entered).toEqual(['a', 'b']);
    bulkhead.leave('shop', 1);
    await line[0];
    expect(entered).toEqual(['a', 'b', 'c']);
    bulkhead.leave('shop', 1);
    await line[1];
    for (let left = 0; left < 2; left++) bulkhead.leave('shop', 1);
    await bulkhead.enter('shop', 1, never);
  });

  test('who is cancelled leaves the line, and the pauses of those turned away grow', async () => {
    const bulkhead = new Bulkhead(1, 2, once);
    await bulkhead.enter('shop', 1, never);
    const cancelled = new AbortController();
    const waits = bulkhead.enter('shop', 1, cancelled.signal);
    const pauses = await Promise.all(
      [1, 3, 40].map((attempt) =>
        bulkhead.enter('shop', attempt, never).catch((error: { retryAfterMs: number }) => error.retryAfterMs),
      ),
    );
    expect(pauses[0]).toBeLessThanOrEqual(1000);
    expect(pauses[2]).toBeGreaterThanOrEqual(7500);
    expect(pauses[2]).toBeLessThanOrEqual(15_000);
    cancelled.abort(new Error('cancelled'));
    await expect(waits).rejects.toThrow('cancelled');
    bulkhead.leave('shop', 1);
    await bulkhead.enter('shop', 1, never);
    expect(adviceFor('CONNECTION_BUSY').next).toBe('wait');
  });
});

const turnedAway = { code: 'CONNECTION_BUSY' };

/** Whether a step is turned away at once, or waits. */
const atOnce = (entering: Promise<void>): Promise<unknown> =>
  Promise.race([entering.then(() => 'entered'), sleep(200, 'waits')]);

describe('the line of a connection whose places are given back quickly', () => {
  test('is as long as the worker has places, and who waits is let in and not turned away', async () => {
    const bulkhead = new Bulkhead(2, 10, once);
    await Promise.all([1, 2].map(() => bulkhead.enter('shop', 1, never)));
    const line = Array.from({ length: 8 }, () => bulkhead.enter('shop', 1, never));
    await expect(atOnce(bulkhead.enter('shop', 1, never))).rejects.toMatchObject(turnedAway);
    for (const next of line) {
      bulkhead.leave('shop', 1);
      await next;
    }
  });

  test('is no longer than the steps at work when each holds its place for long', async () => {
    const bulkhead = new Bulkhead(2, 10, once);
    await Promise.all([1, 2].map(() => bulkhead.enter('shop', 1, never)));
    const line = [1, 2].map(() => bulkhead.enter('shop', 1, never));
    bulkhead.leave('shop', 20_000);
    await line[0];
    const third = bulkhead.enter('shop', 1, never);
    await expect(atOnce(bulkhead.enter('shop', 1, never))).rejects.toMatchObject(turnedAway);
    bulkhead.leave('shop', 20_000);
    bulkhead.leave('shop', 20_000);
    await Promise.all([line[1], third]);
  });

  test('is cut back to as many as are at work a second after it came to a standstill', async () => {
    const bulkhead = new Bulkhead(1, 10, once);
    await bulkhead.enter('shop', 1, never);
    let letIn = 0;
    const first = bulkhead.enter('shop', 1, never).then(() => void letIn++);
    const tooMany = [1, 2, 3].map(() => bulkhead.enter('shop', 1, never));
    const ends = await Promise.allSettled(tooMany);
    expect(ends).toMatchObject(tooMany.map(() => ({ status: 'rejected', reason: turnedAway })));
    expect(letIn).toBe(0);
    bulkhead.leave('shop', 1000);
    await first;
  });
});

/** A system that takes the call and never answers. */
const hangingSource = (): Source => ({
  ...arraySource(() => []),
  async *read({ signal }): AsyncIterable<Page> {
    signal.throwIfAborted();
    await new Promise((_resolve, reject) =>
      signal.addEventListener('abort', () => reject(signal.reason), { once: true }),
    );
  },
});

let engine: TestEngine | undefined;
afterEach(() => engine?.close());

test('one connection that hangs under twelve syncs leaves the places of the worker to the other thirty-eight', async () => {
  const destination = () => journalDestination({ upsert: true, lookupLagMs: 0 });
  const hanging = Array.from(
    { length: 12 },
    (_, n): TestSync => ({
      name: `hangs-${n}`,
      source: hangingSource(),
      sourceConnection: 'slow',
      destination: destination(),
    }),
  );
  const healthy = Array.from(
    { length: 38 },
    (_, n): TestSync => ({
      name: `works-${n}`,
      source: arraySource(() => [{ id: 'a', version: 1, value: 'x' }]),
      sourceConnection: `shop-${n % 10}`,
      destination: destination(),
    }),
  );
  // Ten places, and twelve steps that would hold one each for ever.
  engine = await createTestEngine([...hanging, ...healthy], {
    worker: { concurrentSteps: 10, stepsPerConnection: 2 },
  });
  const { start, run } = engine;
  const stuck = await Promise.all(hanging.map(({ name }) => start(name)));
  // Some of them are turned away, visibly, before the others begin.
  while (!(await stuckCodes(stuck)).includes('CONNECTION_BUSY')) await sleep(50);
  const reports = await Promise.all(healthy.map(({ name }) => run(name)));
  expect(reports.every(({ status, counts }) => status === 'succeeded' && counts.delivered === 1)).toBe(true);
  expect((await Promise.all(stuck.map((handle) => handle.describe()))).map(({ status }) => status.name)).toEqual(
    stuck.map(() => 'RUNNING'),
  );
  for (const handle of stuck) await handle.terminate();
});

async function stuckCodes(stuck: readonly Awaited<ReturnType<TestEngine['start']>>[]): Promise<unknown[]> {
  const descriptions = await Promise.all(stuck.map((handle) => handle.describe()));
  return descriptions.flatMap(({ raw }) =>
    (raw.pendingActivities ?? []).map(({ lastFailure }) => lastFailure?.applicationFailureInfo?.type),
  );
}
