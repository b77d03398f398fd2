import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { connectTemporal } from '../../platform/temporal/connection.ts';
import { commandLine } from '../support/command-line.ts';
import { withDatabase } from '../support/database.ts';
import { paperMapping, paperProject, paperSync, withProject } from '../support/temp-project.ts';
import { testTemporal } from '../support/temporal.ts';

const noisy = `${paperMapping}\nconsole.error('the project is read');\n`;

interface Answer {
  readonly code: number | null;
  readonly stderr: string;
  readonly document: {
    readonly run?: string;
    readonly workflowId?: string;
    readonly error?: { readonly code: string };
  };
}

/** The built program on a queue that no worker polls: what it starts stays where it is, and is ended afterwards. */
async function withStarts(work: (run: (...args: string[]) => Promise<Answer>, folder: string) => Promise<void>) {
  const started = new Set<string>();
  await withDatabase((databaseUrl) =>
    withProject(paperProject({ 'mappings/order-to-invoice.ts': noisy }), async (folder) => {
      const env = {
        TEMPORAL_ADDRESS: testTemporal(),
        DATABASE_URL: databaseUrl,
        SYNCLINE_TASK_QUEUE: `q${randomBytes(6).toString('hex')}`,
      };
      await work(async (...args) => {
        const ended = await commandLine(['run', 'orders', ...args, '--json', '--project', folder], { env });
        const document: Answer['document'] = JSON.parse(ended.stdout);
        if (document.workflowId) started.add(document.workflowId);
        return { code: ended.code, stderr: ended.stderr, document };
      }, folder);
    }),
  ).finally(async () => {
    const temporal = await connectTemporal(testTemporal());
    for (const id of started) await temporal.client.workflow.getHandle(id).terminate('the test is over');
    await temporal.close();
  });
}

test('the same id is one run, however often and at once it is asked for; with other options it is refused', async () => {
  await withStarts(async (run) => {
    const answers = await Promise.all([run('--id', 'job-1'), run('--id', 'job-1')]);
    expect(answers.map(({ code }) => code)).toEqual([0, 0]);
    const [first] = answers;
    expect(new Set(answers.map(({ document }) => document.run)).size).toBe(1);
    expect(await run('--id', 'job-1')).toMatchObject({
      code: 0,
      document: { run: first?.document.run, status: 'started before' },
    });
    expect(await run('--id', 'job-1', '--full')).toMatchObject({
      code: 2,
      document: { error: { code: 'TRIGGER_REUSED' } },
    });
  });
}, 180_000);

test('a start reads the project only after it has changed, and refuses a sync that is no longer sound', async () => {
  await withStarts(async (run, folder) => {
    expect((await run()).stderr).toContain('the project is read');
    expect(await run()).toMatchObject({ code: 0, stderr: expect.not.stringContaining('the project is read') });
    await writeFile(path.join(folder, 'syncs/orders.ts'), paperSync.replace("key: 'id'", "key: 'di'"));
    expect(await run()).toMatchObject({ code: 3, document: { error: { code: 'PROJECT_INVALID' } } });
    expect(await run()).toMatchObject({ code: 3 });
  });
}, 180_000);
