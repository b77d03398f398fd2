import { type ChildProcess, spawn } from 'node:child_process';
import { close, openSync, readFileSync } from 'node:fs';
import { mkdir, readFile, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { writeFileAtomically } from '../platform/foundation/atomic-file.ts';
import { processIdentity } from '../platform/foundation/process-identity.ts';
import type { Guard } from './guard.ts';

/** A server that runs beside us, in a process group of its own, so that Ctrl-C reaches only its owner. */
export interface ServerProcess {
  readonly pid: number;
  /** Null while it runs; then how it ended, in words. */
  ended(): string | null;
  /** Asks it to end, and insists after the grace period. */
  stop(): Promise<void>;
}

export interface ServerSpec {
  /** Where log and pid are kept. */
  readonly folder: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  readonly cwd?: string;
  readonly runAs?: RunAs | undefined;
  readonly stopSignal: NodeJS.Signals;
  readonly graceMs: number;
  readonly guard: Guard;
}

/** The user a server runs as, when it may not be ours. */
export interface RunAs {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

const pidFile = z.object({ pid: z.int().positive(), identity: z.string() });
const pidFileName = 'process.json';
export const logFileName = 'server.log';
const logLimitBytes = 10 * 1024 * 1024;

export async function startServer(spec: ServerSpec): Promise<ServerProcess> {
  await mkdir(spec.folder, { recursive: true });
  const child = await spawnDetached(spec);
  const { pid } = child;
  if (pid === undefined) throw new Error(`${spec.command} could not be started`);
  spec.guard.watch(pid, spec.stopSignal, spec.graceMs);
  const file = path.join(spec.folder, pidFileName);
  await writeFileAtomically(file, JSON.stringify({ pid, identity: (await processIdentity(pid)) ?? '' }));
  const ended = () => endOf(child);
  return {
    pid,
    ended,
    async stop() {
      await stopProcess(pid, () => Promise.resolve(ended() === null), spec.stopSignal, spec.graceMs);
      spec.guard.forget(pid);
      await rm(file, { force: true });
    },
  };
}

async function spawnDetached(spec: ServerSpec): Promise<ChildProcess> {
  const log = await openLog(path.join(spec.folder, logFileName));
  try {
    const child = spawn(spec.command, [...spec.args], {
      detached: true,
      stdio: ['ignore', log, log],
      env: spec.env,
      ...(spec.cwd === undefined ? {} : { cwd: spec.cwd }),
      ...(spec.runAs === undefined ? {} : { uid: spec.runAs.uid, gid: spec.runAs.gid }),
    });
    await new Promise<void>((resolve, reject) => child.once('spawn', resolve).once('error', reject));
    child.on('error', () => {});
    child.unref();
    return child;
  } finally {
    close(log);
  }
}

function endOf(child: ChildProcess): string | null {
  if (child.signalCode !== null) return `was ended by ${child.signalCode}`;
  return child.exitCode === null ? null : `ended with exit code ${child.exitCode}`;
}

/** One old log is kept, so that logs stay bounded. */
async function openLog(file: string): Promise<number> {
  const size = await stat(file).then(
    (s) => s.size,
    () => 0,
  );
  if (size > logLimitBytes) await rename(file, `${file}.1`);
  return openSync(file, 'a', 0o600);
}

/** Ends what an earlier owner left running in this folder. Only for who holds the lock of the project. */
export async function stopOrphan(folder: string, stopSignal: NodeJS.Signals, graceMs: number): Promise<number | null> {
  const file = path.join(folder, pidFileName);
  const left = await readPidFile(file);
  if (left === null) return null;
  const same = async () => (await processIdentity(left.pid)) === left.identity;
  const found = await same();
  if (found) await stopProcess(left.pid, same, stopSignal, graceMs);
  await rm(file, { force: true });
  return found ? left.pid : null;
}

async function readPidFile(file: string): Promise<z.infer<typeof pidFile> | null> {
  try {
    return pidFile.parse(JSON.parse(await readFile(file, 'utf8')));
  } catch {
    return null;
  }
}

async function stopProcess(
  pid: number,
  runs: () => Promise<boolean>,
  stopSignal: NodeJS.Signals,
  graceMs: number,
): Promise<void> {
  if (!(await runs())) return;
  signal(pid, stopSignal);
  if (await gone(runs, graceMs)) return;
  signal(pid, 'SIGKILL');
  await gone(runs, 5000);
}

async function gone(runs: () => Promise<boolean>, limitMs: number): Promise<boolean> {
  const until = performance.now() + limitMs;
  while (await runs()) {
    if (performance.now() > until) return false;
    await sleep(25);
  }
  return true;
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // It has ended in between.
  }
}

/** The end of a server's log, for messages: what it said last is usually why it died. */
export function lastLines(folder: string, count = 5): string {
  try {
    const lines = readFileSync(path.join(folder, logFileName), 'utf8').trimEnd().split('\n');
    return lines.slice(-count).join(' / ');
  } catch {
    return '';
  }
}
