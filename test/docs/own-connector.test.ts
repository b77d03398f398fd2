import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { withDatabase } from '../support/database.ts';
import { guidePage, writeGuideFiles } from '../support/guide-files.ts';
import { installPackage } from '../support/installed-package.ts';
import { testTemporal } from '../support/temporal.ts';
import { startWorkerProcess } from '../support/worker-process.ts';

const page = guidePage('own-connector.md');
const limitMs = 120_000;

let folder: string;

/** The project of the page, where nothing of this checkout is near. */
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'syncline-own-'));
  await mkdir(path.join(folder, 'out'));
  await writeGuideFiles(page, folder);
  await installPackage(folder, ['typescript', '@types/node', 'expect']);
}, limitMs);

afterAll(() => rm(folder, { recursive: true, force: true }));

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly said: string;
}

function command(file: string, args: readonly string[], cwd: string, env: NodeJS.ProcessEnv = {}): Promise<Ended> {
  const clean = { PATH: process.env['PATH'], HOME: process.env['HOME'], ...env };
  return new Promise((resolve) =>
    execFile(file, args, { cwd, env: clean }, (error, stdout, stderr) =>
      resolve({ code: error ? Number(error.code ?? -1) : 0, stdout, said: stdout + stderr }),
    ),
  );
}

const npmTest = (cwd: string) => command('npm', ['test'], cwd);

/** A copy of the project in which a text of one file is another. */
async function brokenProject(file: string, from: string, to: string): Promise<string> {
  const copy = await mkdtemp(path.join(folder, 'broken-'));
  for (const part of ['package.json', 'tsconfig.json', 'connectors', 'mappings', 'syncs', 'test'])
    await cp(path.join(folder, part), path.join(copy, part), { recursive: true });
  const text = await readFile(path.join(copy, file), 'utf8');
  expect(text).toContain(from);
  await writeFile(path.join(copy, file), text.replace(from, to));
  return copy;
}

test(
  'the connector of the guide passes the compiler and the suite outside the repository, with the package as it is published',
  async () => {
    const { code, said } = await npmTest(folder);
    expect(said).toMatch(/^\S+ fail 0$/m);
    expect(Number(/^\S+ pass (\d+)$/m.exec(said)?.[1])).toBeGreaterThanOrEqual(30);
    expect(said).toContain('a file is read as a whole');
    expect(code).toBe(0);
  },
  limitMs,
);

test.each([
  {
    fault: 'a source that loses the last entry of a page',
    file: 'connectors/ldif/source.ts',
    from: 'at + pageRecords)',
    to: 'at + pageRecords - 1)',
    finds: 'reads all pages, each record once',
  },
  {
    fault: 'a destination that loses what it held',
    file: 'connectors/ldif/destination.ts',
    from: 'const entries = await stored(folder, options);\n    for',
    to: 'const entries = new Map<string, Entry>();\n    for',
    finds: 'keeps what it holds when other records are written',
  },
  {
    fault: 'a destination that leaves a record as it was',
    file: 'connectors/ldif/destination.ts',
    from: 'else entries.set(dn, entry)',
    to: 'else if (!entries.has(dn)) entries.set(dn, entry)',
    finds: 'has the later content of a record that is written again',
  },
])(
  'the suite finds $fault',
  async ({ file, from, to, finds }) => {
    const { code, said } = await npmTest(await brokenProject(file, from, to));
    expect(said).toMatch(new RegExp(`(not ok \\d+ -|✖) ${finds}`));
    expect(code).not.toBe(0);
  },
  limitMs,
);

test(
  'the sync of the guide does what the guide says, run by the package as it is published',
  () =>
    withDatabase(async (databaseUrl) => {
      const env = {
        TEMPORAL_ADDRESS: testTemporal(),
        DATABASE_URL: databaseUrl,
        SYNCLINE_TASK_QUEUE: `test-${randomUUID()}`,
      };
      const syncline = (...args: string[]) =>
        command(path.join(folder, 'node_modules/.bin/syncline'), [...args, '--json'], folder, env);
      const checked = await syncline('check');
      expect(JSON.parse(checked.stdout)).toMatchObject({ ok: true, problems: [] });

      const installed = path.join(folder, 'node_modules/syncline/dist/workers/main.js');
      const worker = await startWorkerProcess({ ...env, SYNCLINE_PROJECT: folder }, installed);
      try {
        const first = await syncline('run', 'people-to-contacts', '--wait');
        expect(JSON.parse(first.stdout)).toMatchObject({
          status: 'partial',
          counts: { fetched: 3, delivered: 2, quarantined: 1 },
          reconciled: { checked: 2, missing: 0, extra: 0, different: 0 },
          quarantine: [{ code: 'SOURCE_SCHEMA', field: 'cn' }],
        });
        const [, contacts = 'not in the guide'] = /^```ldif\n([\s\S]*?)^```$/m.exec(page) ?? [];
        expect(await readFile(path.join(folder, 'out/contacts.ldif'), 'utf8')).toBe(contacts);

        const second = await syncline('run', 'people-to-contacts', '--wait');
        expect(JSON.parse(second.stdout).counts).toMatchObject({ delivered: 0, unchanged: 2 });
      } finally {
        await worker.kill();
      }
    }),
  limitMs,
);
