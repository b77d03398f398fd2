import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { checkNode, judgeDisk } from '../../cli/doctor/machine.ts';
import { anyFreePort } from '../../stack/ports.ts';
import { plainEnvironment, withCommand, withFolder } from '../support/stack.ts';
import { testDatabaseServer, testTemporal } from '../support/temporal.ts';

const report = z.object({
  ok: z.boolean(),
  project: z.string(),
  findings: z.array(
    z.object({
      part: z.string(),
      state: z.enum(['ok', 'warning', 'failed', 'skipped']),
      found: z.string(),
      todo: z.string().optional(),
    }),
  ),
});

interface Examined {
  readonly exit: number | string;
  readonly report: z.infer<typeof report>;
  /** `ok`, `failed`, … of each part. */
  readonly states: Readonly<Record<string, string>>;
  readonly output: string;
}

async function doctor(folder: string, env: NodeJS.ProcessEnv): Promise<Examined> {
  return withCommand(['--project', folder, '--json', 'doctor'], { env: plainEnvironment(env) }, async (command) => {
    const exit = await command.ended();
    const read = report.parse(JSON.parse(command.stdout()));
    const states = Object.fromEntries(read.findings.map(({ part, state }) => [part, state]));
    return { exit, report: read, states, output: command.stdout() + command.stderr() };
  });
}

/** A project with one system: the database at `url`. */
async function projectWith(folder: string, url: string): Promise<void> {
  const shown = new URL(url);
  shown.password = '';
  const lines = [
    'warehouse:',
    '  kind: postgres',
    `  url: ${shown.href}`,
    '  password: { env: WAREHOUSE_PASSWORD }',
    '',
  ];
  await writeFile(path.join(folder, 'connections.yaml'), lines.join('\n'));
}

const password = (): string => decodeURIComponent(new URL(testDatabaseServer()).password);
const servers = (): NodeJS.ProcessEnv => ({ TEMPORAL_ADDRESS: testTemporal(), DATABASE_URL: testDatabaseServer() });

test('with everything up, each part and each system is said to work, and no password is shown', async () => {
  await withFolder(async (folder) => {
    await projectWith(folder, testDatabaseServer());
    const examined = await doctor(folder, { ...servers(), WAREHOUSE_PASSWORD: password() });
    expect(examined.states).toMatchObject({
      'Node.js': 'ok',
      Disk: 'ok',
      Temporal: 'ok',
      'Temporal UI': 'skipped',
      PostgreSQL: 'ok',
      'Connection warehouse': 'ok',
    });
    expect(examined.exit).toBe(0);
    expect(examined.report.ok).toBe(true);
    expect(examined.output).not.toContain(password());
  });
});

test('what is down is said with what to do, and the answer is 5', async () => {
  await withFolder(async (folder) => {
    const closed = await anyFreePort();
    await projectWith(folder, `postgresql://me@127.0.0.1:${closed}/nowhere`);
    const examined = await doctor(folder, {
      TEMPORAL_ADDRESS: `127.0.0.1:${closed}`,
      DATABASE_URL: `postgresql://me:hidden-word@127.0.0.1:${closed}/nowhere`,
      WAREHOUSE_PASSWORD: 'hidden-word',
    });
    expect(examined.exit).toBe(5);
    expect(examined.states).toMatchObject({
      Temporal: 'failed',
      PostgreSQL: 'failed',
      'Connection warehouse': 'failed',
    });
    for (const { state, todo } of examined.report.findings) if (state === 'failed') expect(todo).toMatch(/\w/);
    expect(examined.output).not.toContain('hidden-word');
  });
});

test('with nothing set up, it says whether the embedded services could start, and starts nothing', async () => {
  await withFolder(async (folder) => {
    await projectWith(folder, testDatabaseServer());
    const examined = await doctor(folder, { WAREHOUSE_PASSWORD: password() });
    expect(examined.states).toMatchObject({ PostgreSQL: 'ok', Ports: 'ok', 'Temporal UI': 'skipped' });
    const postgres = examined.report.findings.find(({ part }) => part === 'PostgreSQL');
    expect(postgres?.found).toMatch(/^embedded, 18\.\d+; not running now/);
    expect(examined.exit).toBe(0);
  });
});

test('a folder that is no project is the only fault, and the answer is 3', async () => {
  await withFolder(async (folder) => {
    const examined = await doctor(folder, servers());
    expect(examined.report.findings.filter(({ state }) => state === 'failed')).toEqual([
      expect.objectContaining({ part: 'Project', found: expect.stringContaining('connections.yaml') }),
    ]);
    expect(examined.exit).toBe(3);
  });
});

test.each([
  ['18.20.4', 'failed'],
  ['20.18.3', 'failed'],
  ['20.19.0', 'ok'],
  ['24.0.0', 'ok'],
])('Node.js %s is %s', (version, state) => {
  expect(checkNode(version).state).toBe(state);
});

test.each([
  [100 * 1024 ** 2, 'failed'],
  [1024 ** 3, 'warning'],
  [20 * 1024 ** 3, 'ok'],
])('%d bytes of free disk are %s', (bytes, state) => {
  expect(judgeDisk(bytes, '/project').state).toBe(state);
});
