import { setTimeout as sleep } from 'node:timers/promises';
import { SyncFailure } from '../../model/failure/failure.ts';
import { queryName } from '../../model/names.ts';
import type { RunState } from '../../model/sync/run-state.ts';
import { commandLine } from '../support/command-line.ts';
import { createTestDatabase } from '../support/database.ts';
import { arraySource, createTestEngine, type TestSync } from '../support/engine.ts';
import { journalDestination } from '../support/journal.ts';
import { paperConnections, paperProject, withProject } from '../support/temp-project.ts';
import { testTemporal } from '../support/temporal.ts';

const files = paperProject({
  'connections.yaml': `${paperConnections}test:\n  kind: paper\n  url: https://test.test\n`,
});

test('when the outage of a system is over one command lets every run go on that waits for it, and no other', async () => {
  let down = true;
  const records = Array.from({ length: 10 }, (_, n) => ({ id: `o${n}`, version: n, value: 'v' }));
  const refusing = (name: string): TestSync => {
    const source = arraySource(() => records, {
      fail: () => {
        if (down) throw new SyncFailure('AUTH_REJECTED', 'the token was revoked', { effect: 'none' });
      },
    });
    return { name, source, destination: journalDestination({ upsert: true, lookupLagMs: 0 }) };
  };
  const guarded: TestSync = {
    name: 'guarded',
    source: arraySource(() => records),
    destination: journalDestination({ upsert: true, lookupLagMs: 0 }),
    map: () => ({ state: 'rejected', reason: 'no', field: '/value', rule: 'wanted' }),
    policy: { maxRejectedShare: 0, maxRejectedAtLeast: 1 },
  };
  const database = await createTestDatabase();
  const engine = await createTestEngine([refusing('one'), refusing('two'), guarded], { databaseUrl: database.url });
  try {
    const [one, two, other] = await Promise.all(['one', 'two', 'guarded'].map((sync) => engine.start(sync)));
    if (!one || !two || !other) throw new Error('not started');
    for (const run of [one, two, other]) while (!(await run.query<RunState>(queryName.status)).parked) await sleep(50);
    down = false;
    const answer = await withProject(files, (folder) =>
      commandLine(['retry', '--connection', 'test', '--json', '--project', folder], {
        env: { TEMPORAL_ADDRESS: testTemporal(), DATABASE_URL: database.url, SYNCLINE_TASK_QUEUE: engine.taskQueue },
      }),
    );
    expect(JSON.parse(answer.stdout)).toMatchObject({
      connection: 'test',
      runs: [
        { sync: 'one', code: 'AUTH_REJECTED' },
        { sync: 'two', code: 'AUTH_REJECTED' },
      ],
    });
    expect(await one.result()).toMatchObject({ status: 'succeeded', counts: { delivered: 10 } });
    expect(await two.result()).toMatchObject({ status: 'succeeded', counts: { delivered: 10 } });
    expect((await other.query<RunState>(queryName.status)).parked?.code).toBe('TOO_MANY_REJECTED');
    await other.cancel();
    await other.result().catch(() => {});
  } finally {
    await engine.close();
    await database.drop();
  }
}, 120_000);
