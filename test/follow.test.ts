import { randomUUID } from 'node:crypto';
import { Client, Connection } from '@temporalio/client';
import { followRun } from '../cli/runs/follow.ts';
import { workflowType } from '../model/names.ts';
import { noting } from './support/stack.ts';
import { testTemporal } from './support/temporal.ts';

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
