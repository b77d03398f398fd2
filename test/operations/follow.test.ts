import { randomUUID } from 'node:crypto';
import { Client, Connection } from '@temporalio/client';
import { workflowType } from '../../model/names.ts';
import { noCounts } from '../../model/sync/batch.ts';
import type { RunState } from '../../model/sync/run-state.ts';
import { followRun, stepState } from '../../operations/runs/follow.ts';
import { noting } from '../support/stack.ts';
import { testTemporal } from '../support/temporal.ts';

test('a run that no worker works on asks for one again when the first is gone too', async () => {
  const connection = await Connection.connect({ address: testTemporal() });
  const client = new Client({ connection });
  const handle = await client.workflow.start(workflowType.sync, {
    taskQueue: `nobody-${randomUUID()}`,
    workflowId: `silent-${randomUUID()}`,
    args: [],
  });
  try {
    const enough = new AbortController();
    let asked = 0;
    const following = followRun(client, handle.workflowId, {
      title: 'silent',
      progress: noting(),
      untilMs: Date.now() + 60_000,
      signal: enough.signal,
      onSilence: async () => {
        if (++asked === 2) enough.abort(new Error('asked twice'));
      },
    });
    await expect(following).rejects.toThrow('asked twice');
    expect(asked).toBe(2);
  } finally {
    await handle.terminate();
    await connection.close();
  }
});

const state: RunState = {
  sync: 'orders',
  run: 'r',
  stage: 'syncing',
  mode: 'full',
  source: 'shop (rest)',
  destination: 'books (rest)',
  deliveryClass: 'T2',
  paused: false,
  parked: null,
  batches: { fetched: 3, delivered: 2 },
  fetched: 3000,
  counts: { ...noCounts, fetched: 2000, delivered: 1990, quarantined: 10 },
  startedAt: '2026-01-01T00:00:00.000Z',
};
const waiting = {
  step: 'fetch',
  batch: null,
  attempt: 3,
  code: 'RATE_LIMITED',
  message: '',
  nextAttempt: null,
} as const;

test.each([
  [
    'what is done, how fast, how long still',
    state,
    null,
    10_000,
    '2,000 of 3,000 fetched done, 500/s, batch 2/3, 10 rejected, about 16 s left',
  ],
  ['no time left for a source that has grown past its last size', state, null, 2500, '500/s, batch 2/3, 10 rejected'],
  [
    'no time left while it waits, but for what',
    state,
    waiting,
    10_000,
    'waits: RATE_LIMITED in fetch (attempt 3, trying again)',
  ],
  ['no time left for an incremental run', { ...state, mode: 'incremental' as const }, null, 10_000, '10 rejected'],
])('the line of a run says %s', (_what, so, wait, expected, words) => {
  const { detail } = stepState({ status: 'RUNNING', state: so, waiting: wait }, 500, expected);
  expect(detail).toMatch(new RegExp(`^syncing.*${words.replace(/[()]/g, '\\$&')}$`));
});
