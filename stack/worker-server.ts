import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { workerEnv, workerNodeFlags } from '../workers/node-flags.ts';
import type { StackAddresses } from './addresses.ts';
import type { Guard } from './guard.ts';
import { lastLines, logFileName, type ServerProcess, startServer, stopOrphan } from './server-process.ts';

/** The worker of a `dev`: it is started again, after a pause that grows, for as long as the `dev` lives. */
export interface SupervisedWorker {
  pid(): number | null;
  /** Drains it and waits for its end. */
  stop(): Promise<void>;
}

export interface WorkerOptions {
  /** Keeps its log and pid. */
  readonly folder: string;
  readonly projectFolder: string;
  /** The program to run with Node. */
  readonly entry: string;
  readonly addresses: StackAddresses;
  readonly env: NodeJS.ProcessEnv;
  readonly guard: Guard;
  readonly note: (line: string) => void;
  /** Default 1000, doubled after each short life. */
  readonly firstPauseMs?: number;
}

const stopSignal = 'SIGTERM';
/** Longer than the worker's own time to finish what it has begun, 20 s by default. */
const graceMs = 30_000;
const readyLimitMs = 60_000;
const longestPauseMs = 30_000;
/** After this long a worker counts as healthy, and its next end as the first one. */
const healthyAfterMs = 60_000;
const pollMs = 100;

/** Starts the worker and waits until it is ready, or has failed to be so within a minute. */
export async function startWorkerServer(options: WorkerOptions): Promise<SupervisedWorker> {
  await stopOrphan(options.folder, stopSignal, graceMs);
  let current: ServerProcess | null = null;
  let stopping = false;
  const startOne = async () => {
    const logFile = path.join(options.folder, logFileName);
    const from = await stat(logFile).then(
      (s) => s.size,
      () => 0,
    );
    current = await startServer(specOf(options));
    await untilReady(current, logFile, from, () => stopping);
  };
  await startOne();
  const supervising = supervise();
  return {
    pid: () => (current === null || current.ended() !== null ? null : current.pid),
    async stop() {
      stopping = true;
      await current?.stop();
      await supervising;
    },
  };

  async function supervise(): Promise<void> {
    let pauseMs = options.firstPauseMs ?? 1000;
    let beganMs = performance.now();
    while (!stopping) {
      const ended = current?.ended() ?? null;
      if (ended === null) {
        await sleep(pollMs);
        continue;
      }
      if (performance.now() - beganMs > healthyAfterMs) pauseMs = options.firstPauseMs ?? 1000;
      options.note(deathNote(options.folder, current?.pid, ended, pauseMs));
      await pause(pauseMs, () => stopping);
      if (stopping) return;
      pauseMs = Math.min(longestPauseMs, pauseMs * 2);
      beganMs = performance.now();
      await current?.stop();
      await startOne().catch((error: unknown) => options.note(`The worker could not be started: ${String(error)}`));
      const again = current?.ended() === null ? current.pid : null;
      if (again !== null && !stopping) options.note(`The worker runs again (process ${again}).`);
    }
  }
}

function specOf(options: WorkerOptions): Parameters<typeof startServer>[0] {
  const { addresses, env } = options;
  return {
    folder: options.folder,
    command: process.execPath,
    args: [...workerNodeFlags, '--enable-source-maps', options.entry, '--project', options.projectFolder],
    env: {
      ...workerEnv,
      ...env,
      TEMPORAL_ADDRESS: addresses.temporalAddress,
      TEMPORAL_NAMESPACE: addresses.namespace,
      DATABASE_URL: addresses.databaseUrl,
      // Its log goes to a file, and says there when it is ready: not a matter of taste here.
      SYNCLINE_LOG_LEVEL: env['SYNCLINE_LOG_LEVEL'] === 'debug' ? 'debug' : 'info',
    },
    cwd: options.projectFolder,
    stopSignal,
    graceMs,
    guard: options.guard,
  };
}

/** The worker says `worker ready` in its log. */
async function untilReady(server: ServerProcess, log: string, from: number, stop: () => boolean): Promise<void> {
  const until = performance.now() + readyLimitMs;
  while (server.ended() === null && !stop() && performance.now() < until) {
    const said = await readFile(log);
    if (said.subarray(from).includes('worker ready')) return;
    await sleep(pollMs);
  }
}

async function pause(ms: number, stop: () => boolean): Promise<void> {
  const until = performance.now() + ms;
  while (!stop() && performance.now() < until) await sleep(pollMs);
}

function deathNote(folder: string, pid: number | undefined, ended: string, pauseMs: number): string {
  const last = lastLines(folder, 1);
  const said = last === '' ? '' : `\n  It said last: ${last.slice(0, 300)}`;
  return `The worker (process ${pid}) ${ended}. It is started again in ${pauseMs / 1000} s. Its log: ${path.join(folder, logFileName)}${said}`;
}
