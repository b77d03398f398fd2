import { createReadStream } from 'node:fs';
import { mkdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { refusal } from '../model/failure/failure.ts';
import { workerEnv, workerNodeFlags } from '../workers/node-flags.ts';
import type { StackAddresses } from './addresses.ts';
import { startNodeProgram } from './node-program.ts';

export interface WorkerProcess {
  readonly pid: number;
  readonly logFile: string;
  /** Resolves with the exit code when it has ended, however. */
  readonly ended: Promise<number | null>;
  /** Lets it drain, and ends it when it has not within the grace time. */
  stop(): Promise<void>;
}

const READY_WITHIN_MS = 60_000;
const DRAIN_WITHIN_MS = 25_000;

/**
 * Starts a worker for a project as a process of its own and waits until it polls. It drains by itself when this
 * process is gone. Its log goes to `.syncline/worker.log` of the project.
 */
export async function startWorkerProcess(
  projectFolder: string,
  stack: StackAddresses,
  env: NodeJS.ProcessEnv,
): Promise<WorkerProcess> {
  const folder = join(projectFolder, '.syncline');
  await mkdir(folder, { recursive: true });
  const logFile = join(folder, 'worker.log');
  const from = await sizeOf(logFile);
  const program = fileURLToPath(new URL('../workers/main.js', import.meta.url));
  const { pid, ended, stop } = startNodeProgram({
    // Flags of this process (a profiler, a heap limit) hold for the worker too.
    args: [...workerNodeFlags, ...process.execArgv, program, '--project', projectFolder, '--watch-parent'],
    env: {
      ...workerEnv,
      ...env,
      TEMPORAL_ADDRESS: stack.temporalAddress,
      TEMPORAL_NAMESPACE: stack.namespace,
      DATABASE_URL: stack.databaseUrl,
    },
    logFile,
    stdout: 'ignore',
  });
  const worker: WorkerProcess = { pid, logFile, ended, stop: () => stop(DRAIN_WITHIN_MS) };
  await untilReady(worker, from);
  return worker;
}

async function untilReady(worker: WorkerProcess, from: number): Promise<void> {
  const deadline = Date.now() + READY_WITHIN_MS;
  let over = false;
  worker.ended.then(() => {
    over = true;
  });
  while (Date.now() < deadline) {
    const lines = await linesFrom(worker.logFile, from);
    if (lines.some((line) => line.includes('worker ready'))) return;
    if (over) {
      const why = lines.at(-1) ?? 'it wrote nothing';
      throw refusal('WORKER_FAILED', `the worker ended before it was ready: ${why}`, {
        todo: `Its log: ${worker.logFile}`,
      });
    }
    await sleep(50);
  }
  await worker.stop();
  throw refusal('WORKER_FAILED', 'the worker was not ready within a minute', { todo: `Its log: ${worker.logFile}` });
}

async function linesFrom(file: string, start: number): Promise<string[]> {
  const lines: string[] = [];
  for await (const line of createInterface({ input: createReadStream(file, { start }) })) if (line) lines.push(line);
  return lines;
}

const sizeOf = (file: string): Promise<number> =>
  stat(file).then(
    ({ size }) => size,
    () => 0,
  );
