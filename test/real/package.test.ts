import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { removeProject } from '../../stack/remove-project.ts';
import { withDatabase } from '../support/database.ts';
import { guidePage, writeGuideFiles } from '../support/guide-files.ts';
import { npmInstall, packCheckout, plainEnv } from '../support/npm-install.ts';
import { testTemporal } from '../support/temporal.ts';

const root = path.resolve(import.meta.dirname, '../..');
const minute = 60_000;

let folder: string;
let tarball: string;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'syncline-package-'));
  tarball = await packCheckout(folder);
}, 5 * minute);

afterAll(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }));

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly said: string;
}

function command(file: string, args: readonly string[], cwd: string, env: NodeJS.ProcessEnv = {}): Promise<Ended> {
  return new Promise((resolve) =>
    execFile(file, args, { cwd, env: { ...plainEnv, ...env } }, (error, stdout, stderr) =>
      resolve({ code: error ? Number(error.code ?? -1) : 0, stdout, said: stdout + stderr }),
    ),
  );
}

const npx = (cwd: string, ...args: string[]) => command('npx', ['--no-install', 'syncline', ...args], cwd);

/** What is installed in a folder: packages, and the MB that they take. */
async function sizeOf(installed: string): Promise<{ readonly packages: number; readonly megabytes: number }> {
  const listed = await command('npm', ['ls', '--all', '--parseable'], installed);
  const packages = new Set(listed.stdout.trim().split('\n')).size - 1;
  const { stdout } = await command('du', ['-sm', 'node_modules'], installed);
  return { packages, megabytes: Number.parseInt(stdout, 10) };
}

/** The row of docs/install.md for this command. */
function statedSize(words: string): { readonly packages: number; readonly megabytes: number } {
  const row = guidePage('install.md')
    .split('\n')
    .find((line) => line.startsWith(`| ${words} |`));
  const [, packages, megabytes] = /\| (\d+) \| (\d+) MB \|/.exec(row ?? '') ?? [];
  return { packages: Number(packages), megabytes: Number(megabytes) };
}

test('the package holds the program, its types, the workflow bundle and the project of the demo, and nothing else of the checkout', async () => {
  const { stdout } = await command('tar', ['-tzf', tarball], folder);
  const files = stdout
    .trim()
    .split('\n')
    .map((name) => name.replace(/^package\//, ''));
  for (const needed of [
    'bin/syncline.js',
    'dist/cli/main.js',
    'dist/workers/main.js',
    'dist/workflow-bundle.js',
    'dist/index.d.ts',
    'dist/connectors/rest/index.d.ts',
    'dist/testing/index.d.ts',
    'connections.yaml',
    'syncs/orders-to-invoices.ts',
    'mappings/order-to-invoice.ts',
    'README.md',
    'LICENSE',
    'CHANGELOG.md',
    'docs/install.md',
  ])
    expect(files).toContain(needed);
  const places = ['bin', 'connections.yaml', 'dist', 'docs', 'mappings', 'package.json', 'syncs'];
  const pages = ['ARCHITECTURE.md', 'CHANGELOG.md', 'LICENSE', 'README.md'];
  expect([...new Set(files.map((file) => file.split('/')[0]))].sort()).toEqual([...places, ...pages].sort());
  expect(files.filter((file) => /\.map$|\.test\.|^dist\/(lab|test|deploy)\/|left-over|\.png$/.test(file))).toEqual([]);
  expect(files.filter((file) => /^dist\/.*(?<!\.d)\.ts$/.test(file))).toEqual([]);
});

describe.each([
  { name: 'as people install it', words: '`npm install syncline`', args: [] },
  { name: 'without install scripts', words: '', args: ['--ignore-scripts'] },
])('installed $name', ({ words, args }) => {
  let installed: string;
  beforeAll(async () => {
    installed = await npmInstall(path.join(folder, `demo-${args.length}`), ...args, tarball);
  }, 5 * minute);
  afterAll(() => removeProject(installed));

  it(
    'says its version, and runs the demo, which loses and doubles nothing',
    async () => {
      const { version } = JSON.parse(await readFile(path.join(root, 'package.json'), 'utf8'));
      expect((await npx(installed, '--version')).stdout).toBe(`${version}\n`);
      const { code, stdout, said } = await npx(installed, 'demo', '--json', '--orders', '2000');
      expect({ code, said: code === 0 ? '' : said }).toEqual({ code: 0, said: '' });
      expect(JSON.parse(stdout)).toMatchObject({ ok: true, lost: 0, doubled: 0, orders: 2000, workerKills: 1 });
      if (words === '') return;
      const size = await sizeOf(installed);
      expectAbout(size.packages, statedSize(words).packages);
      expectAbout(size.megabytes, statedSize(words).megabytes);
    },
    5 * minute,
  );
});

/** What the registry gives differs a little from day to day and between platforms. */
function expectAbout(found: number, stated: number): void {
  expect(found).toBeGreaterThan(stated * 0.85);
  expect(found).toBeLessThan(stated * 1.15);
}

describe('installed for production', () => {
  let installed: string;
  beforeAll(async () => {
    installed = await npmInstall(path.join(folder, 'production'), '--omit=dev', '--omit=optional', tarball);
    await mkdir(path.join(installed, 'out'));
    await writeGuideFiles(guidePage('first-sync.md'), installed);
  }, 5 * minute);

  it('is of the size that the guide states', async () => {
    const size = await sizeOf(installed);
    const stated = statedSize('`npm install syncline --omit=optional`');
    expectAbout(size.packages, stated.packages);
    expectAbout(size.megabytes, stated.megabytes);
  });

  it('gives the compiler every type that a project imports', async () => {
    const compilerOptions = { module: 'nodenext', target: 'es2023', strict: true, noEmit: true, types: [] };
    const options = { ...compilerOptions, allowImportingTsExtensions: true };
    await writeFile(
      path.join(installed, 'tsconfig.json'),
      JSON.stringify({ compilerOptions: options, include: ['syncs'] }),
    );
    const tsc = () => command(process.execPath, [path.join(root, 'node_modules/typescript/bin/tsc')], installed);
    const entries = ['syncline', 'syncline/connectors/rest', 'syncline/connectors/postgres', 'syncline/testing'];
    const imports = entries.map((entry, index) => `export * as entry${index} from '${entry}';\n`);
    await writeFile(path.join(installed, 'syncs', 'entries.ts'), imports.join(''));
    const right = await tsc();
    await rm(path.join(installed, 'syncs', 'entries.ts'));
    expect(right).toMatchObject({ code: 0, said: '' });

    const wrong = path.join(installed, 'syncs', 'wrong.ts');
    await writeFile(wrong, "import { defineSync } from 'syncline';\nexport default defineSync({ key: 1 });\n");
    const { code, said } = await tsc();
    await rm(wrong);
    expect(said).toMatch(/^syncs\/wrong\.ts\(2,/m);
    expect(code).not.toBe(0);
  });

  it.each([
    { node: 'this Node', release: null },
    { node: 'Node 22', release: 22 },
    { node: 'Node 24', release: 24 },
  ])(
    'checks and runs the first sync of the guide on $node, with a Temporal and a PostgreSQL of its own',
    async ({ release }) => {
      const program = release === null ? process.execPath : await nodeOf(release);
      const { stdout: version } = await command(program, ['--version'], installed);
      if (release !== null) expect(version).toMatch(new RegExp(`^v${release}\\.`));
      await rm(path.join(installed, 'out'), { recursive: true });
      await mkdir(path.join(installed, 'out'));
      await withDatabase(async (databaseUrl) => {
        const env = {
          TEMPORAL_ADDRESS: testTemporal(),
          DATABASE_URL: databaseUrl,
          SYNCLINE_TASK_QUEUE: `test-${randomUUID()}`,
        };
        const bin = path.join(installed, 'node_modules/syncline/bin/syncline.js');
        const syncline = (...args: string[]) => command(program, [bin, ...args, '--json'], installed, env);
        expect(JSON.parse((await syncline('check')).stdout)).toMatchObject({ ok: true, problems: [] });
        const { code, stdout } = await syncline('run', 'customers-to-subscribers', '--wait');
        expect(JSON.parse(stdout)).toMatchObject({ counts: { fetched: 5, delivered: 3, quarantined: 2 } });
        expect(code).toBe(4);
      });
    },
    3 * minute,
  );
});

/** The Node that npm has for this platform. */
async function nodeOf(release: number): Promise<string> {
  const platform = process.platform === 'win32' ? 'win' : process.platform;
  const name = `node-${platform}-${process.arch}`;
  const at = await npmInstall(path.join(folder, `node-${release}`), '--ignore-scripts', `${name}@${release}`);
  return path.join(at, 'node_modules', name, 'bin', 'node');
}
