import type { Destination } from '../../model/connector/connector.ts';
import { SyncFailure } from '../../model/failure/failure.ts';
import { queryName } from '../../model/names.ts';
import type { RunState } from '../../model/sync/run-state.ts';
import { arraySource, createTestEngine, type TestEngine } from '../support/engine.ts';

let engine: TestEngine;
let spentFor = 0;
const outOfQuota = (): void => {
  if (spentFor-- > 0)
    throw new SyncFailure(
      'QUOTA_SPENT',
      'GET shop.example /orders was not called: it waits until 2027-01-01T00:00:00Z.',
      {
        effect: 'none',
        retryAfterMs: 2_000,
      },
    );
};
const source = arraySource(() => [{ id: '1', version: 1, value: 'a' }], { fail: outOfQuota });

const destination: Destination = {
  can: { upsert: true },
  limits: { records: 100, bytes: 100_000, concurrency: 1 },
  write: async ({ items }) => items.map(() => ({ state: 'confirmed' as const })),
};

beforeAll(async () => {
  engine = await createTestEngine([
    { name: 'returns', source, destination },
    { name: 'lasts', source, destination, policy: { giveUpAfter: '1 second' } },
  ]);
});
afterAll(() => engine.close());

async function stateOnceWaiting(handle: Awaited<ReturnType<TestEngine['start']>>): Promise<RunState> {
  for (;;) {
    const state = await handle.query<RunState>(queryName.status);
    if (state.waiting) return state;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

test('a quota that runs out is a wait that the run shows, with its reason and until when, and then it goes on', async () => {
  spentFor = 2;
  const handle = await engine.start('returns');
  const state = await stateOnceWaiting(handle);
  expect(state.waiting).toMatchObject({ code: 'QUOTA_SPENT', step: 'fetch' });
  expect(state.waiting?.message).toContain('until 2027-01-01T00:00:00Z');
  expect(state.waiting?.nextAttempt).not.toBeNull();
  expect(await handle.result()).toMatchObject({ status: 'succeeded', counts: { fetched: 1 } });
});

test('a quota that takes longer than attempts go on asks nobody, and can be aborted', async () => {
  spentFor = Number.POSITIVE_INFINITY;
  const handle = await engine.start('lasts');
  await stateOnceWaiting(handle);
  await new Promise((resolve) => setTimeout(resolve, 2_500));
  expect(await handle.query<RunState>(queryName.status)).toMatchObject({ parked: null, stage: 'syncing' });
  await handle.signal('abort');
  await expect(handle.result()).rejects.toThrow();
});
