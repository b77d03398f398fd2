import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { removeProject } from '../../stack/remove-project.ts';
import { guidePage, writeGuideFiles } from '../support/guide-files.ts';

const program = fileURLToPath(new URL('../../bin/syncline.js', import.meta.url));
const page = guidePage('first-sync.md');
const limitMs = 240_000;

let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'syncline-first-'));
  mkdirSync(join(folder, 'out'));
  await writeGuideFiles(page, folder);
});

afterAll(() => removeProject(folder));

interface Ended {
  readonly code: number;
  readonly stdout: string;
}

function command(file: string, args: readonly string[]): Promise<Ended> {
  const env = { ...process.env };
  for (const name of ['TEMPORAL_ADDRESS', 'DATABASE_URL']) delete env[name];
  return new Promise((resolve) =>
    execFile(file, args, { cwd: folder, env }, (error, stdout) =>
      resolve({ code: typeof error?.code === 'number' ? error.code : 0, stdout }),
    ),
  );
}

const syncline = (...args: string[]) => command(process.execPath, [program, ...args, '--json']);

async function runOnce() {
  const { code, stdout } = await syncline('run', 'customers-to-subscribers', '--wait');
  return { code, ...JSON.parse(stdout) };
}

const subscribers = () =>
  readFileSync(join(folder, 'out', 'subscribers.jsonl'), 'utf8')
    .trimEnd()
    .split('\n');

test('the first sync of the guide is found to be right, and its deliberate mistake to be wrong', async () => {
  const right = await syncline('check');
  expect(JSON.parse(right.stdout)).toMatchObject({ ok: true, problems: [] });
  expect(right.code).toBe(0);

  const file = join(folder, 'connections.yaml');
  const text = readFileSync(file, 'utf8');
  writeFileSync(file, text.replace('kind: files', 'kind: fils'));
  const wrong = await syncline('check');
  writeFileSync(file, text);
  expect(wrong.code).toBe(3);
  expect(JSON.parse(wrong.stdout).problems[0]).toMatchObject({ code: 'KIND_UNKNOWN', line: 2 });
});

test(
  'the first sync of the guide does what the guide says',
  async () => {
    const first = await runOnce();
    expect(first.counts).toMatchObject({ fetched: 5, delivered: 3, unchanged: 0, quarantined: 2 });
    expect(first).toMatchObject({ code: 4, status: 'partial' });
    for (const { code, field, reason } of first.quarantine)
      expect(page).toMatch(new RegExp(`1 +${code} +${field} +${reason}`));
    expect(subscribers()).toHaveLength(3);

    const change = /^sed .*$/m.exec(page)?.[0] ?? 'false';
    expect((await command('/bin/sh', ['-c', change])).code).toBe(0);
    const second = await runOnce();
    expect(second.counts).toMatchObject({ fetched: 5, delivered: 1, unchanged: 3, quarantined: 1 });
    expect(subscribers()).toHaveLength(4);
  },
  limitMs,
);
