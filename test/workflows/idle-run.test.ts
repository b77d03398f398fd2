import { setTimeout as sleep } from 'node:timers/promises';
import { Context } from '@temporalio/activity';
import type { WorkflowHandle } from '@temporalio/client';
import type { Activities } from '../../activities/index.ts';
import { SyncFailure } from '../../model/failure/failure.ts';
import { scheduleId, searchAttribute } from '../../model/names.ts';
import { createSchedule, deleteSchedule } from '../../platform/temporal/schedules/schedules.ts';
import { createTestDatabase } from '../support/database.ts';
import { arraySource, createTestEngine, type TestEngine, type TestSync } from '../support/engine.ts';
import { journalDestination } from '../support/journal.ts';
import { onlyTriggered } from '../support/schedules.ts';

const sides = { source: 'test (test)', destination: 'test (test)' };

let engine: TestEngine | undefined;
afterEach(() => engine?.close());

const nothingNew = (name: string): TestSync => ({
  name,
  source: arraySource(() => []),
  destination: journalDestination({ upsert: true, lookupLagMs: 0 }),
});

/** The steps of a run, and the attributes it set itself, in their order. */
async function commandsOf(handle: WorkflowHandle): Promise<{ steps: string[]; set: string[] }> {
  const events = (await handle.fetchHistory()).events ?? [];
  return {
    steps: events.flatMap(({ activityTaskScheduledEventAttributes: step }) => step?.activityType?.name ?? []),
    set: events.flatMap(({ upsertWorkflowSearchAttributesEventAttributes: set }) =>
      Object.keys(set?.searchAttributes?.indexedFields ?? {}).filter((name) => name.startsWith('Syncline')),
    ),
  };
}

const attributesOf = async (handle: WorkflowHandle) => {
  const { searchAttributes } = await handle.describe();
  return Object.values(searchAttribute).map((name) => searchAttributes[name]?.[0]);
};

/** The workflow of a tick, when it has ended. */
async function ticked({ client, taskQueue }: TestEngine, sync: string, known?: typeof sides): Promise<WorkflowHandle> {
  await createSchedule(client, { sync, schedule: onlyTriggered, taskQueue, ...(known && { sides: known }) });
  const schedule = client.schedule.getHandle(scheduleId(sync));
  try {
    await schedule.trigger('SKIP');
    for (;;) {
      const [action] = (await schedule.describe()).info.recentActions;
      if (action) {
        const handle = client.workflow.getHandle(action.action.workflow.workflowId);
        await handle.result();
        return handle;
      }
      await sleep(50);
    }
  } finally {
    await deleteSchedule(client, sync);
  }
}

test('a scheduled run that finds nothing opens and reads, and sets its outcome only', async () => {
  const name = `idle-${process.pid}`;
  engine = await createTestEngine([nothingNew(name)]);
  const handle = await ticked(engine, name, sides);
  expect(await commandsOf(handle)).toEqual({ steps: ['openRun', 'fetchBatch'], set: ['SynclineStatus'] });
  expect(await attributesOf(handle)).toEqual([name, 'succeeded', sides.source, sides.destination]);
  expect((await engine.ledger.reports.latestRuns(name))[0]).toMatchObject({
    status: 'succeeded',
    counts: { fetched: 0 },
    reconciled: { checked: 0, missing: 0, extra: 0, different: 0 },
  });
  engine.alsoStarted(handle.workflowId, 'scheduled-idle');
});

test('a run sets what its start did not say, or said otherwise', async () => {
  const name = `idle-moved-${process.pid}`;
  engine = await createTestEngine([nothingNew(name), nothingNew('by-hand')]);
  const moved = await ticked(engine, name, { ...sides, source: 'shop (test)' });
  expect((await commandsOf(moved)).set).toEqual(['SynclineSource', 'SynclineStatus']);
  expect(await attributesOf(moved)).toEqual([name, 'succeeded', sides.source, sides.destination]);
  // Started with no attribute at all.
  const byHand = await engine.start('by-hand');
  await byHand.result();
  expect(await attributesOf(byHand)).toEqual(['by-hand', 'succeeded', sides.source, sides.destination]);
});

test('a step that closed an empty run and could not say so says it when it is tried again', async () => {
  let lost = 0;
  const steps = (around: Activities): Activities => ({
    ...around,
    async fetchBatch(input) {
      const fetched = await around.fetchBatch(input);
      if (lost++ === 0) throw new SyncFailure('SERVER_ERROR', 'the answer was lost', { effect: 'none' });
      return fetched;
    },
  });
  engine = await createTestEngine([nothingNew('told-twice')], { steps });
  const handle = await engine.start('told-twice');
  expect(await handle.result()).toMatchObject({ status: 'succeeded', counts: { fetched: 0 } });
  expect(lost).toBe(2);
  expect((await commandsOf(handle)).steps).toEqual(['openRun', 'fetchBatch']);
  expect((await engine.ledger.reports.latestRuns('told-twice'))[0]).toMatchObject({ status: 'succeeded' });
});

test('a step that closed an empty run says so too when its sync is gone from the project meanwhile', async () => {
  const database = await createTestDatabase();
  const taskQueue = `idle-gone-${process.pid}`;
  const servers = { databaseUrl: database.url, taskQueue };
  let closed = () => {};
  const isClosed = new Promise<void>((resolve) => (closed = resolve));
  const first = await createTestEngine([{ ...nothingNew('gone'), policy: { heartbeatTimeout: '1 second' } }], {
    ...servers,
    worker: { graceSeconds: 0 },
    steps: (steps) => ({
      ...steps,
      async fetchBatch(input) {
        await steps.fetchBatch(input);
        closed();
        return cancelled();
      },
    }),
  });
  try {
    const handle = await first.start('gone');
    await isClosed;
    await first.close();
    engine = await createTestEngine([], servers);
    const { workflowId } = handle;
    expect(await engine.client.workflow.getHandle(workflowId).result()).toMatchObject({ status: 'succeeded' });
  } finally {
    await engine?.close();
    engine = undefined;
    await database.drop();
  }
});

/** Rejects when the step is cancelled. */
const cancelled = (): Promise<never> => Context.current().cancelled;

test('a run that may have something to delete is reconciled and closed by steps of their own', async () => {
  engine = await createTestEngine([{ ...nothingNew('deletes'), deletes: 'delete' }]);
  const handle = await engine.start('deletes', { full: true });
  expect(await handle.result()).toMatchObject({ status: 'succeeded', counts: { fetched: 0, deleted: 0 } });
  expect((await commandsOf(handle)).steps).toEqual([
    'openRun',
    'fetchBatch',
    'removeMissing',
    'reconcileRun',
    'closeRun',
  ]);
});
