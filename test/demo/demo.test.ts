import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isAlive } from '../../demo/folder.ts';

const program = fileURLToPath(new URL('../../bin/syncline.js', import.meta.url));
const limitMs = 300_000;

let folder: string;
let child: ChildProcess | undefined;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'syncline-demo-'));
});

afterEach(() => {
  child?.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
});

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the demo; `onLine` sees what it says to people. */
function demo(args: readonly string[], onText: (text: string, demo: ChildProcess) => void = () => {}): Promise<Ended> {
  const started = spawn(process.execPath, [program, '--project', folder, 'demo', ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  child = started;
  let stdout = '';
  let stderr = '';
  started.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  started.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
    onText(stderr, started);
  });
  return new Promise((resolve) => started.once('close', (code) => resolve({ code, stdout, stderr })));
}

function expectNothingLeft(stderr: string): void {
  const pids = [...stderr.matchAll(/\(process (\d+)\)/g)].map((match) => Number(match[1]));
  expect(pids.length).toBeGreaterThan(0);
  expect(pids.filter(isAlive)).toEqual([]);
  expect(readdirSync(join(folder, '.syncline', 'demo'))).toEqual([]);
}

test(
  'the demo loses and doubles nothing though an answer is lost and its worker killed, says so in one document and leaves nothing',
  async () => {
    const { code, stdout, stderr } = await demo(['--json', '--orders', '3000']);
    const found = JSON.parse(stdout);
    expect(found).toMatchObject({ ok: true, lost: 0, doubled: 0, stale: 0, extra: 0, orders: 3000, workerKills: 1 });
    expect(found.fetched).toBe(found.delivered + found.unchanged + found.quarantined);
    expect(found.runs[0].counts.fetched).toBe(3000);
    expect(found.inStep).toBe(3000 - found.runs[0].counts.quarantined);
    expect(found.changed).toBe(30);
    expect(found.runs[1].counts.delivered).toBeGreaterThan(0);
    expect(found.runs[1].counts.delivered).toBeLessThanOrEqual(30);
    expect(found.replays).toBeGreaterThanOrEqual(1);
    expect(found.quarantine.length).toBeGreaterThanOrEqual(6);
    expect(code).toBe(0);
    expect(stderr).toMatch(/worker A killed with SIGKILL/);
    expectNothingLeft(stderr);
  },
  limitMs,
);

test(
  'a demo that is interrupted ends with 130, says so, and leaves nothing',
  async () => {
    const { code, stdout, stderr } = await demo(['--json', '--orders', '2000'], (text, { killed }) => {
      if (text.includes('worker A started') && !killed) child?.kill('SIGINT');
    });
    expect(code).toBe(130);
    expect(JSON.parse(stdout)).toMatchObject({ error: { code: 'INTERRUPTED' } });
    expectNothingLeft(stderr);
  },
  limitMs,
);

test('the demo refuses a number of orders that is none', async () => {
  const { code, stdout } = await demo(['--json', '--orders', 'many']);
  expect(code).toBe(2);
  expect(JSON.parse(stdout).error.message).toContain('whole number from 2000');
});
