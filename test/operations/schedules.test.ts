import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { EngineContext } from '../../operations/context.ts';
import { applySchedules } from '../../operations/schedules/apply.ts';
import { backfill } from '../../operations/schedules/backfill.ts';
import { listSchedules } from '../../operations/schedules/list.ts';
import { pauseSchedule, resumeSchedule } from '../../operations/schedules/pause.ts';
import { triggerSchedule } from '../../operations/schedules/trigger.ts';
import { arraySource, createTestEngine, type TestEngine } from '../support/engine.ts';
import { journalDestination } from '../support/journal.ts';
import { operationContext } from '../support/operation-context.ts';
import { paperProject, paperSync, withProject } from '../support/temp-project.ts';

/** Schedules of all tests lie on one server: by its name a sync is told from another's. */
const sync = `s${randomBytes(4).toString('hex')}`;
const file = `syncs/${sync}.ts`;
const scheduled = paperSync.replace("key: 'id',", "key: 'id',\n  schedule: { every: '1 day' },");
const versioned = paperSync
  .replace("key: 'id',", "key: 'id',\n  version: 'changed',")
  .replace("{ sheet: 'orders' }", "{ sheet: 'orders', since: 'day' }");

let engine: TestEngine;
beforeAll(async () => {
  const source = arraySource(() => [{ id: 'o1', version: 1, value: 'v' }]);
  const destination = journalDestination({ upsert: true, lookupLagMs: 0 });
  engine = await createTestEngine([{ name: sync, source, destination }]);
});
afterAll(() => engine.close());

const asked = (text: string, work: (context: EngineContext) => Promise<void>): Promise<void> =>
  withProject(paperProject({ [file]: text }), (folder) => work(operationContext(engine, folder)));

test(
  'schedules are made as the files say, paused, triggered and removed; before that there is none',
  () =>
    asked(scheduled, async (context) => {
      const apply = (prune: boolean, dryRun: boolean) => applySchedules.perform(context, { prune, dryRun });
      const list = () => listSchedules.perform(context, { sync, next: 2 });
      const note = { sync, note: 'stock-taking' };
      await expect(triggerSchedule.perform(context, { sync })).rejects.toMatchObject({ code: 'NOT_SCHEDULED' });
      await expect(pauseSchedule.perform(context, note)).rejects.toMatchObject({ code: 'NOT_SCHEDULED' });

      const dry = await apply(false, true);
      expect(applySchedules.document.parse(dry)).toEqual(dry);
      expect(dry).toMatchObject({ applied: false, pruned: false, schedules: [{ sync, action: 'create' }] });
      expect((await list()).schedules).toMatchObject([{ sync, state: 'not applied' }]);
      await apply(false, false);
      expect((await apply(false, false)).schedules).toMatchObject([{ sync, action: 'unchanged' }]);

      expect(await pauseSchedule.perform(context, note)).toEqual({ sync, paused: true, note: 'stock-taking' });
      expect((await list()).schedules).toMatchObject([{ paused: true, note: 'stock-taking', next: [] }]);
      expect(await resumeSchedule.perform(context, note)).toMatchObject({ sync, paused: false });

      const triggered = await triggerSchedule.perform(context, { sync });
      expect(triggerSchedule.document.parse(triggered)).toEqual(triggered);
      await engine.client.workflow.getHandle(triggered.workflowId).result();
      const listed = await list();
      expect(listSchedules.document.parse(listed)).toEqual(listed);
      expect(listed.schedules).toMatchObject([{ state: 'applied', last: { status: 'succeeded' }, next: [{}, {}] }]);

      await writeFile(path.join(context.projectFolder, file), paperSync);
      expect((await apply(false, false)).schedules).toMatchObject([{ sync, action: 'orphan' }]);
      expect(await apply(true, false)).toMatchObject({ pruned: true, schedules: [{ sync, action: 'orphan' }] });
      expect(await apply(true, false)).toMatchObject({ schedules: [] });
    }),
  120_000,
);

test('a backfill starts a run for each slice, and refuses a range that goes backwards or cannot be divided', () =>
  asked(versioned, async (context) => {
    const range = { sync, from: '2026-06-01', to: '2026-06-03', sliceMs: null, follows: false };
    await expect(backfill.perform(context, range)).rejects.toMatchObject({ code: 'NO_POSITIONS' });
    await engine.ledger.pool.query(
      `insert into syncs (name, watermark) values ($1, '{"kind":"time","value":1782000000000000}')
       on conflict (name) do update set watermark = excluded.watermark`,
      [sync],
    );
    await expect(backfill.perform(context, { ...range, to: '2026-05-01' })).rejects.toMatchObject({
      code: 'USAGE',
      message: expect.stringContaining('lies before'),
    });
    await expect(backfill.perform(context, { ...range, sliceMs: 1000 })).rejects.toMatchObject({ code: 'USAGE' });
    const started = await backfill.perform(context, { ...range, sliceMs: 86_400_000 });
    expect(backfill.document.parse(started)).toEqual(started);
    // The end counts as well.
    expect(started.runs).toHaveLength(3);
    for (const { workflowId } of started.runs) await engine.client.workflow.getHandle(workflowId).terminate();
  }));
