import { randomBytes } from 'node:crypto';
import { rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { commandLine } from '../support/command-line.ts';
import { withDatabase } from '../support/database.ts';
import type { Ended } from '../support/program.ts';
import { paperProject, paperSync, withProject } from '../support/temp-project.ts';
import { testTemporal } from '../support/temporal.ts';

const sync = (schedule: string): string => paperSync.replace("key: 'id',", `key: 'id',\n  schedule: ${schedule},`);

interface Bench {
  /** The names of its syncs in Temporal begin with this. */
  readonly own: string;
  file(name: string): string;
  schedule(...args: string[]): Promise<Ended & { readonly document: Document }>;
}

interface Document {
  readonly schedules: readonly Record<string, unknown>[];
}

/** A project with the schedules given, by sync, and the built program on a task queue of its own. */
async function withSchedules(schedules: Record<string, string>, work: (bench: Bench) => Promise<void>): Promise<void> {
  const own = `s${randomBytes(4).toString('hex')}`;
  const files = Object.fromEntries(
    Object.entries(schedules).map(([name, text]) => [`syncs/${own}-${name}.ts`, sync(text)]),
  );
  await withDatabase((databaseUrl) =>
    withProject({ ...paperProject(files), 'syncs/orders.ts': paperSync }, async (folder) => {
      const env = { TEMPORAL_ADDRESS: testTemporal(), DATABASE_URL: databaseUrl, SYNCLINE_TASK_QUEUE: own };
      await work({
        own,
        file: (name) => path.join(folder, `syncs/${own}-${name}.ts`),
        async schedule(...args) {
          const ended = await commandLine(['schedule', ...args, '--json', '--project', folder], { env });
          return { ...ended, document: JSON.parse(ended.stdout) };
        },
      }).finally(async () => {
        for (const file of Object.keys(files)) await rm(path.join(folder, file), { force: true });
        await commandLine(['schedule', 'apply', '--prune', '--project', folder], { env });
      });
    }),
  );
}

test('apply makes the server equal to the files: twice is once, renamed and removed syncs leave orphans that only --prune removes', async () => {
  const schedules = {
    nightly: "{ cron: '30 2 * * *', timeZone: 'Europe/Berlin' }",
    often: "{ every: '15 minutes', jitter: '1 minute', overlap: 'buffer one' }",
    resting: "{ calendar: { hour: 6, dayOfWeek: 'mon-fri' }, paused: true }",
  };
  await withSchedules(schedules, async ({ own, file, schedule }) => {
    const actions = (ended: { document: Document }) =>
      Object.fromEntries(
        ended.document.schedules.map(({ sync: name, action }) => [String(name).slice(own.length + 1), action]),
      );

    const dry = await schedule('apply', '--dry-run');
    expect(dry.code).toBe(7);
    expect(actions(dry)).toEqual({ nightly: 'create', often: 'create', resting: 'create' });
    expect(actions(await schedule('apply'))).toEqual({ nightly: 'create', often: 'create', resting: 'create' });
    expect(actions(await schedule('apply'))).toEqual({
      nightly: 'unchanged',
      often: 'unchanged',
      resting: 'unchanged',
    });

    await schedule('pause', `${own}-often`, '--note', 'stock-taking');
    await rename(file('nightly'), file('renamed'));
    await writeFile(file('often'), sync("{ every: '20 minutes' }"));
    await rm(file('resting'));
    const changed = await schedule('apply');
    expect(actions(changed)).toEqual({ nightly: 'orphan', often: 'change', renamed: 'create', resting: 'orphan' });
    expect(changed.document.schedules.find(({ action }) => action === 'change')).toMatchObject({
      fields: [
        { field: 'when', from: 'every 15 min', to: 'every 20 min' },
        { field: 'overlap', from: 'buffer one', to: 'skip' },
        { field: 'jitter', from: '1 min', to: '0 ms' },
        { field: 'starts' },
      ],
    });
    expect(actions(await schedule('apply'))).toEqual({
      nightly: 'orphan',
      often: 'unchanged',
      renamed: 'unchanged',
      resting: 'orphan',
    });

    const listed = await schedule('list');
    expect(listed.document.schedules).toMatchObject([
      { state: 'orphan' },
      { state: 'applied', when: 'every 20 min', paused: true, note: 'stock-taking', next: [] },
      {
        state: 'applied',
        when: '02:30',
        timeZone: 'Europe/Berlin',
        oddDays: [{ times: ['02:30'] }, { times: ['02:30'] }],
      },
      { state: 'orphan' },
    ]);
    expect(actions(await schedule('apply', '--prune'))).toMatchObject({ nightly: 'orphan', resting: 'orphan' });
    expect(actions(await schedule('apply'))).toEqual({ often: 'unchanged', renamed: 'unchanged' });
  });
}, 120_000);

test('list gives the next runs as Temporal will take them, trigger starts one, and a sync without a schedule is named', async () => {
  await withSchedules({ daily: "{ cron: '0 4 * * *' }" }, async ({ own, schedule }) => {
    const before = await schedule('list');
    expect(before.document.schedules).toMatchObject([{ state: 'not applied', when: '04:00', next: [] }]);
    expect(await schedule('trigger', `${own}-daily`)).toMatchObject({
      code: 2,
      document: { error: { code: 'NOT_SCHEDULED' } },
    });
    await schedule('apply');
    const [one] = (await schedule('list', `${own}-daily`, '-n', '4')).document.schedules;
    expect(one).toMatchObject({ state: 'applied', catchUp: '24 h', overlap: 'skip' });
    expect(one?.['next']).toHaveLength(4);
    expect(JSON.stringify(one?.['next'])).toMatch(/T04:00:00Z.*T04:00:00\+00:00/);
    const triggered = await schedule('trigger', `${own}-daily`);
    expect(triggered).toMatchObject({
      code: 0,
      document: { workflowId: expect.stringContaining(`sync:${own}-daily:scheduled-`) },
    });
    expect(await schedule('trigger', `${own}-daily`)).toMatchObject({
      code: 7,
      document: { error: { code: 'TICK_SKIPPED' } },
    });
    await schedule('pause', `${own}-daily`);
    await schedule('resume', `${own}-daily`);
    expect((await schedule('list')).document.schedules).toMatchObject([{ paused: false, state: 'applied' }]);
  });
}, 120_000);
