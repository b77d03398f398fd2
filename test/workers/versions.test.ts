import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';
import type { Json } from '../../model/record/json.ts';
import type { WorkflowCode } from '../../workers/worker.ts';
import { describeDeployment, promoteBuild } from '../support/deployments.ts';
import { arraySource, createTestEngine, type TestEngine } from '../support/engine.ts';
import { journalDestination } from '../support/journal.ts';

const orders: Json[] = Array.from({ length: 40 }, (_, n) => ({ id: `o${n}`, version: n, value: `v${n}` }));

let engine: TestEngine;
let open = () => {};
afterAll(() => {
  open();
  return engine?.close();
});

/** The workflows of the next build, which no run of today's could be replayed on. */
async function nextCode(): Promise<WorkflowCode> {
  const workflowsPath = resolve('test/support/builds/next.ts');
  return { workflowBundle: await bundleWorkflowCode({ workflowsPath, logger: new DefaultLogger('ERROR') }) };
}

const buildOf = async (handle: Awaited<ReturnType<TestEngine['start']>>): Promise<unknown> =>
  (await handle.describe()).raw.workflowExecutionInfo?.versioningInfo?.deploymentVersion?.buildId;

test('a run ends on the build on which it began, new ones begin on the new build, and one build back works', async () => {
  const gate = new Promise<void>((resolve) => {
    open = resolve;
  });
  const books = journalDestination({ upsert: true, lookupLagMs: 0 }, 500);
  const { write } = books;
  let held = true;
  books.write = async (request) => {
    if (held) await gate;
    return write(request);
  };
  const source = () => arraySource(() => orders);
  const free = journalDestination({ upsert: true, lookupLagMs: 0 });
  engine = await createTestEngine(
    [
      { name: 'long-run', source: source(), destination: books, policy: { batchRecords: 10, batchesPerExecution: 2 } },
      { name: 'next', source: source(), destination: free },
      { name: 'back', source: source(), destination: free },
    ],
    { worker: 'none' },
  );
  const temporal = { client: engine.client, namespace: 'default' };
  const deployment = engine.taskQueue;
  const promote = async (build: string) => {
    // A build is known once its worker has polled.
    while (
      !(await promoteBuild(temporal, deployment, build).then(
        () => true,
        () => false,
      ))
    )
      await sleep(100);
  };

  await engine.startWorker({ build: { id: 'old', deployment } });
  await promote('old');
  const began = await engine.start('long-run');
  while (books.requests === 0 && (await began.query<{ fetched: number }>('status')).fetched === 0) await sleep(50);

  await engine.startWorker({ build: { id: 'new', deployment } }, await nextCode());
  await promote('new');
  expect(await describeDeployment(temporal, deployment)).toMatchObject({ current: 'new' });
  const next = await engine.start('next');
  expect(await next.result()).toMatchObject({ status: 'succeeded', counts: { delivered: 40 } });
  expect(await buildOf(next)).toBe('new');

  held = false;
  open();
  expect(await began.result()).toMatchObject({ status: 'succeeded', counts: { delivered: 40 } });
  expect(await buildOf(began)).toBe('old');
  expect(books.effects).toHaveLength(40);

  await promote('old');
  const back = await engine.start('back');
  expect(await back.result()).toMatchObject({ status: 'succeeded' });
  expect(await buildOf(back)).toBe('old');
});
