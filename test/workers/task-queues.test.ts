import { randomUUID } from 'node:crypto';
import type { RunReport } from '../../model/sync/batch.ts';
import { withDatabase } from '../support/database.ts';
import { arraySource, createTestEngine, type TestEngine, type TestSync } from '../support/engine.ts';
import { journalDestination } from '../support/journal.ts';

const syncNamed = (name: string): TestSync => ({
  name,
  source: arraySource(() => [{ id: 'a', version: 1, value: name }]),
  destination: journalDestination({ upsert: true, lookupLagMs: 0 }),
});

/** Every task queue that gave out a step of the run. */
async function queuesOf(engine: TestEngine, workflowId: string): Promise<ReadonlySet<string>> {
  const { events } = await engine.client.workflow.getHandle(workflowId).fetchHistory();
  const queues = (events ?? []).map(
    (event) =>
      event.activityTaskScheduledEventAttributes?.taskQueue?.name ??
      event.workflowExecutionStartedEventAttributes?.taskQueue?.name,
  );
  return new Set(queues.filter((queue) => queue !== undefined && queue !== null));
}

test('two groups of workers share Temporal and a ledger: a group without a worker keeps its own run waiting, the other delivers', async () => {
  await withDatabase(async (databaseUrl) => {
    const names = [`fast-${randomUUID()}`, `nightly-${randomUUID()}`] as const;
    const fast = await createTestEngine([syncNamed(names[0])], { databaseUrl });
    const nightly = await createTestEngine([syncNamed(names[1])], { databaseUrl, worker: 'none' });
    try {
      const waiting = await nightly.start(names[1]);
      const running = await fast.start(names[0]);
      expect((await (running.result() as Promise<RunReport>)).counts).toMatchObject({ fetched: 1, delivered: 1 });
      expect(await queuesOf(fast, running.workflowId)).toEqual(new Set([fast.taskQueue]));

      expect((await waiting.describe()).status.name).toBe('RUNNING');
      expect(await nightly.ledger.reports.latestRuns(names[1])).toEqual([]);
      await nightly.startWorker();
      expect((await (waiting.result() as Promise<RunReport>)).counts).toMatchObject({ fetched: 1, delivered: 1 });
      expect(await queuesOf(nightly, waiting.workflowId)).toEqual(new Set([nightly.taskQueue]));
    } finally {
      await fast.close();
      await nightly.close();
    }
  });
});
