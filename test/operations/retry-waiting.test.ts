import { setTimeout as sleep } from 'node:timers/promises';
import { SyncFailure } from '../../model/failure/failure.ts';
import { queryName } from '../../model/names.ts';
import type { RunState } from '../../model/sync/run-state.ts';
import { retryWaiting } from '../../operations/steer/retry-waiting.ts';
import { arraySource, createTestEngine } from '../support/engine.ts';
import { journalDestination } from '../support/journal.ts';
import { operationContext } from '../support/operation-context.ts';
import { paperConnections, paperProject, withProject } from '../support/temp-project.ts';

const files = paperProject({
  'connections.yaml': `${paperConnections}test:\n  kind: paper\n  url: https://test.test\n`,
});

test('the runs that wait for a connection are asked to try again, and answer; a misspelt connection is refused', async () => {
  let down = true;
  const fail = () => {
    if (down) throw new SyncFailure('AUTH_REJECTED', 'the token was revoked', { effect: 'none' });
  };
  const source = arraySource(() => [{ id: 'o1', version: 1, value: 'v' }], { fail });
  const destination = journalDestination({ upsert: true, lookupLagMs: 0 });
  const engine = await createTestEngine([{ name: 'one', source, destination }]);
  try {
    const handle = await engine.start('one');
    while (!(await handle.query<RunState>(queryName.status)).parked) await sleep(50);
    await withProject(files, async (folder) => {
      const context = operationContext(engine, folder);
      await expect(retryWaiting.perform(context, { connection: 'tset' })).rejects.toMatchObject({
        code: 'CONNECTION_UNKNOWN',
      });
      expect(await retryWaiting.perform(context, { connection: 'books' })).toEqual({ connection: 'books', runs: [] });
      down = false;
      const document = await retryWaiting.perform(context, { connection: 'test' });
      expect(retryWaiting.document.parse(document)).toEqual(document);
      expect(document.runs).toMatchObject([{ sync: 'one', code: 'AUTH_REJECTED', said: expect.any(String) }]);
    });
    expect(await handle.result()).toMatchObject({ status: 'succeeded' });
  } finally {
    await engine.close();
  }
}, 60_000);
