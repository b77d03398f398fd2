import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { SyncFailure } from '../../model/failure/failure.ts';
import { queryName } from '../../model/names.ts';
import type { RunState } from '../../model/sync/run-state.ts';
import type { EngineContext } from '../../operations/context.ts';
import { beginRun } from '../../operations/runs/begin-run.ts';
import { followToEnd } from '../../operations/runs/follow-to-end.ts';
import { arraySource, createTestEngine, type TestEngine } from '../support/engine.ts';
import { journalDestination } from '../support/journal.ts';
import { operationContext } from '../support/operation-context.ts';
import { paperProject, paperSync, withProject } from '../support/temp-project.ts';

let failing = false;
const fail = () => {
  if (failing) throw new SyncFailure('AUTH_REJECTED', 'the token was revoked', { effect: 'none' });
};

let engine: TestEngine;
beforeEach(async () => {
  failing = false;
  const source = arraySource(() => [{ id: 'o1', version: 1, value: 'v' }], { fail });
  const destination = journalDestination({ upsert: true, lookupLagMs: 0 });
  engine = await createTestEngine([{ name: 'orders', source, destination }]);
});
afterEach(() => engine.close());

const asked = (work: (context: EngineContext) => Promise<void>): Promise<void> =>
  withProject(paperProject(), (folder) => work(operationContext(engine, folder)));

const request = { sync: 'orders', full: false, from: null, confirmed: false, id: null, plan: null, follows: true };

/** The same as somebody sees it who has an engine of their own. */
const alone = (context: EngineContext): EngineContext => ({
  ...context,
  engine: async () => ({ ...(await context.engine()), isTemporary: true }),
});

async function parkedRun(context: EngineContext) {
  failing = true;
  const { run, workflowId } = await beginRun.perform(context, request);
  const handle = engine.client.workflow.getHandle(workflowId);
  while (!(await handle.query<RunState>(queryName.status)).parked) await sleep(50);
  return { run, handle };
}

test('a run is started at once and followed to its end, with all that it found', () =>
  asked(async (context) => {
    const started = await beginRun.perform(context, request);
    expect(beginRun.document.parse(started)).toEqual(started);
    expect(started).toMatchObject({ sync: 'orders', status: 'started', url: null });
    const { run } = started;
    const followed = await followToEnd.perform(context, { sync: 'orders', run, timeoutMs: null });
    expect(followToEnd.document.parse(followed)).toEqual(followed);
    expect(followed).toMatchObject({
      end: 'ended',
      run,
      workflowId: started.workflowId,
      summary: { status: 'succeeded', trigger: 'cli', counts: { delivered: 1 } },
      quarantine: [],
    });
  }));

test('the same id is the same run; with another request it is refused', () =>
  asked(async (context) => {
    const once = { ...request, id: 'job-1' };
    const first = await beginRun.perform(context, once);
    expect(await beginRun.perform(context, once)).toEqual({ ...first, status: 'started before' });
    await expect(beginRun.perform(context, { ...once, full: true })).rejects.toMatchObject({ code: 'TRIGGER_REUSED' });
  }));

test('a run is refused while the sync is paused, has faults or nothing to read again', () =>
  asked(async (context) => {
    await expect(beginRun.perform(context, { ...request, from: '2 days' })).rejects.toMatchObject({
      code: 'NO_POSITIONS',
    });
    await expect(beginRun.perform(context, { ...request, plan: '0000' })).rejects.toMatchObject({
      code: 'PLAN_UNKNOWN',
    });
    await engine.ledger.standings.pause('orders', 'stock-taking');
    await expect(beginRun.perform(context, request)).rejects.toMatchObject({
      code: 'SYNC_PAUSED',
      message: expect.stringContaining('stock-taking'),
    });
    const file = path.join(context.projectFolder, 'syncs/orders.ts');
    await writeFile(file, paperSync.replace("key: 'id'", "key: 'di'"));
    await expect(beginRun.perform(context, request)).rejects.toMatchObject({ code: 'PROJECT_INVALID' });
  }));

test('a run that waits for a person ends the following, and holds the next one off', () =>
  asked(async (context) => {
    const { run, handle } = await parkedRun(context);
    const followed = await followToEnd.perform(context, { sync: 'orders', run, timeoutMs: null });
    expect(followToEnd.document.parse(followed)).toEqual(followed);
    expect(followed).toMatchObject({ end: 'parked', parked: { code: 'AUTH_REJECTED', step: 'fetch' } });
    await expect(beginRun.perform(context, request)).rejects.toMatchObject({
      code: 'LOCKED',
      about: { sync: 'orders' },
    });
    await expect(beginRun.perform(alone(context), request)).rejects.toMatchObject({
      code: 'LOCKED',
      message: expect.stringContaining('waits for a person'),
    });
    await handle.terminate();
  }));

test('on an engine of its own a run that was left open is finished before the next begins', () =>
  asked(async (context) => {
    const { run, handle } = await parkedRun(context);
    failing = false;
    await handle.signal('retry');
    await sleep(500);
    const started = await beginRun.perform(alone(context), request);
    expect((await engine.ledger.reports.run(run))?.status).toBe('succeeded');
    expect(started.run).not.toBe(run);
    expect(await followToEnd.perform(context, { sync: 'orders', run: started.run, timeoutMs: null })).toMatchObject({
      end: 'ended',
      summary: { status: 'succeeded' },
    });
  }));

test('a following ends when its time is up or whoever asked has gone; the run goes on', () =>
  asked(async (context) => {
    await engine.ledger.standings.pause('orders', null);
    const { workflowId } = await engine.start('orders', { run: 'held' });
    const following = { sync: 'orders', run: 'held', timeoutMs: 1 };
    const followed = await followToEnd.perform(context, following);
    expect(followed).toEqual({ end: 'timeout', sync: 'orders', run: 'held', workflowId, url: null });
    expect(followToEnd.document.parse(followed)).toEqual(followed);
    const gone = { ...context, gone: () => AbortSignal.abort() };
    await expect(followToEnd.perform(gone, { ...following, timeoutMs: null })).rejects.toMatchObject({
      code: 'INTERRUPTED',
    });
    const handle = engine.client.workflow.getHandle(workflowId);
    expect((await handle.describe()).status.name).toBe('RUNNING');
    await handle.terminate();
  }));

test('a run that the sync does not have is refused, one that Temporal has forgotten is told from the ledger', () =>
  asked(async (context) => {
    const { run, workflowId } = await beginRun.perform(context, request);
    const following = { sync: 'orders', run, timeoutMs: null };
    const followed = await followToEnd.perform(context, following);
    for (const unknown of [
      { ...following, run: 'no-such-run' },
      { ...following, sync: 'invoices' },
    ])
      await expect(followToEnd.perform(context, unknown)).rejects.toMatchObject({
        code: 'RUN_UNKNOWN',
        about: { sync: unknown.sync },
      });
    const { workflowService } = engine.client;
    const { namespace } = engine.client.options;
    await workflowService.deleteWorkflowExecution({ namespace, workflowExecution: { workflowId } });
    while (await isThere(workflowId)) await sleep(50);
    expect(await followToEnd.perform(context, following)).toEqual(followed);
  }));

const isThere = (workflowId: string): Promise<boolean> =>
  engine.client.workflow
    .getHandle(workflowId)
    .describe()
    .then(
      () => true,
      () => false,
    );
