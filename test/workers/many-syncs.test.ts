import { setTimeout as sleep } from 'node:timers/promises';
import { scheduleId } from '../../model/names.ts';
import { createSchedule, deleteSchedule } from '../../platform/temporal/schedules/schedules.ts';
import { arraySource, createTestEngine, type TestSync } from '../support/engine.ts';
import { journalDestination } from '../support/journal.ts';
import { onlyTriggered } from '../support/schedules.ts';

const SYNCS = 50;

function syncNamed(name: string): TestSync {
  return {
    name,
    source: arraySource(() => [{ id: 'a', version: 1, value: 'a' }]),
    destination: journalDestination({ upsert: true, lookupLagMs: 0 }),
  };
}

/** Its source accepts the call and never answers, until the worker gives up waiting for it. */
function hanging(name: string): TestSync {
  const sync = syncNamed(name);
  return {
    ...sync,
    source: {
      ...sync.source,
      async *read(request) {
        const { signal } = request;
        await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason), { once: true }));
        yield* sync.source.read(request);
      },
    },
  };
}

test(`of ${SYNCS} syncs on one worker one hangs at its source: all others run to their end, and its own next tick is skipped`, async () => {
  const own = `many-${process.pid}`;
  const names = Array.from({ length: SYNCS }, (_, n) => `${own}-${n}`);
  const [stuck = '', ...others] = names;
  const engine = await createTestEngine([hanging(stuck), ...others.map(syncNamed)]);
  const { client, ledger, taskQueue } = engine;
  const handle = (sync: string) => client.schedule.getHandle(scheduleId(sync));
  const runsOf = async (sync: string, status: string) =>
    (await ledger.reports.latestRuns(sync)).filter((run) => run.status === status).length;
  try {
    for (const sync of names) await createSchedule(client, { sync, schedule: onlyTriggered, taskQueue });
    await Promise.all(names.map((sync) => handle(sync).trigger('SKIP')));
    for (const sync of others) while ((await runsOf(sync, 'succeeded')) === 0) await sleep(100);
    expect(await runsOf(stuck, 'running')).toBe(1);
    await handle(stuck).trigger('SKIP');
    while ((await handle(stuck).describe()).info.numActionsSkippedOverlap === 0) await sleep(100);
    const [open] = await ledger.reports.latestRuns(stuck);
    await client.workflow.getHandle(open?.workflowId ?? '').cancel();
    while ((await runsOf(stuck, 'cancelled')) < 1) await sleep(50);
  } finally {
    await Promise.all(names.map((sync) => deleteSchedule(client, sync).catch(() => {})));
    await engine.close();
  }
}, 240_000);
