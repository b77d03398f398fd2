import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import net from 'node:net';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ServerProcess } from '../../stack/server-process.ts';
import type { LocalProcess } from './ground.ts';

/** What every process gets from this machine; the rest comes from the Compose file alone. */
export function baseEnv(binFolder: string): Record<string, string> {
  const kept = ['HOME', 'TMPDIR', 'LANG', 'USER'].flatMap((name) => {
    const value = process.env[name];
    return value === undefined ? [] : [[name, value]];
  });
  return { ...Object.fromEntries(kept), PATH: `${binFolder}${path.delimiter}${process.env['PATH'] ?? ''}` };
}

export interface JobFailure {
  readonly exitCode: number | null;
  readonly lastLines: string;
}

/** Runs a job to its end; answers null when it succeeded. Its output goes to `log`. */
export async function runJob(job: LocalProcess, cwd: string, log: string): Promise<JobFailure | null> {
  await mkdir(path.dirname(log), { recursive: true });
  const [command = '', ...args] = job.argv;
  const child = spawn(command, args, { cwd, env: job.env, stdio: ['ignore', 'pipe', 'pipe'] });
  const output = createWriteStream(log, { flags: 'a' });
  child.stdout.pipe(output, { end: false });
  child.stderr.pipe(output, { end: false });
  const [exitCode] = await once(child, 'close');
  output.end();
  await once(output, 'close');
  if (exitCode === 0) return null;
  return { exitCode, lastLines: await lastLinesOf(log) };
}

const lastLinesOf = async (log: string): Promise<string> =>
  (await readFile(log, 'utf8')).trimEnd().split('\n').slice(-8).join('\n');

const healthEveryMs = 250;
const healthLimitMs = 120_000;

/** Repeats a health check until it passes. Throws when the server ends before, or when it takes too long. */
export async function untilHealthy(
  name: string,
  check: LocalProcess,
  server: ServerProcess,
  cwd: string,
): Promise<void> {
  const until = performance.now() + healthLimitMs;
  while (!(await passes(check, cwd))) {
    const end = server.ended();
    if (end !== null) throw new Error(`${name} ${end}`);
    if (performance.now() > until) throw new Error(`${name} was not healthy within ${healthLimitMs / 1000} s`);
    await sleep(healthEveryMs);
  }
}

/** `nc -z HOST PORT` is done here, so that no machine needs nc; every other check is run as it stands. */
async function passes({ argv, env }: LocalProcess, cwd: string): Promise<boolean> {
  const [command = '', ...args] = argv;
  if (command === 'nc' && args[0] === '-z') return accepts(args[1] ?? '', Number(args[2]));
  const child = spawn(command, args, { cwd, env, stdio: 'ignore' });
  return new Promise((resolve) => {
    child.once('error', () => resolve(false));
    child.once('exit', (code) => resolve(code === 0));
  });
}

export function accepts(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = net.connect({ host, port, timeout: 1000 });
    const done = (answer: boolean) => {
      socket.destroy();
      resolve(answer);
    };
    socket.once('connect', () => done(true));
    socket.once('error', () => done(false));
    socket.once('timeout', () => done(false));
  });
}
