import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Client, Connection } from '@temporalio/client';
import type { Child } from '../../demo/child.ts';
import type { Progress } from '../../platform/foundation/progress.ts';
import { type Ledger, openLedger } from '../../platform/ledger/ledger.ts';
import { removeProject } from '../../stack/remove-project.ts';
import { openStack, type Stack } from '../../stack/stack.ts';
import { startWorkerProcess, type WorkerProcess } from '../../stack/worker-process.ts';
import { family, processes } from './processes.ts';
import { startProgram } from './programs.ts';
import { writeProject } from './project.ts';

/** Everything that a measurement needs, each part a process of its own as users run them. */
export interface Testbed {
  readonly folder: string;
  readonly source: string;
  readonly bulk: string;
  readonly stack: Stack;
  readonly worker: WorkerProcess;
  readonly client: Client;
  readonly ledger: Ledger;
  readonly loopDelayFile: string;
  /** By what people call them. */
  readonly pids: Readonly<Record<'worker' | 'source' | 'destination' | 'PostgreSQL' | 'Temporal', number>>;
  close(): Promise<void>;
}

export interface TestbedOptions {
  readonly records: number;
  /** So many syncs to each destination. */
  readonly rounds: number;
  /** Of source and HTTP destination. */
  readonly latencyMs: number;
  readonly journal: boolean;
  /** Worker processes. Default: 1. */
  readonly workers?: number;
  /** Records of this size instead of orders. */
  readonly textBytes?: number;
}

export async function openTestbed(options: TestbedOptions, progress: Progress): Promise<Testbed> {
  const folder = await mkdtemp(join(tmpdir(), 'syncline-bench-'));
  const closers: (() => Promise<unknown>)[] = [() => removeProject(folder)];
  const close = async () => {
    for (const closer of closers.reverse()) await closer();
  };
  try {
    const keep = (child: Child) => closers.push(() => child.stop());
    const latency = ['--latency-ms', String(options.latencyMs)];
    const texts = options.textBytes === undefined ? [] : ['--text-bytes', String(options.textBytes)];
    const source = await startProgram('source', ['--orders', `${options.records}`, ...texts, ...latency], folder, keep);
    const bulk = await startProgram('bulk', latency, folder, keep);
    const stack = await openStack({ projectFolder: folder, progress, env: process.env });
    closers.push(() => stack.stop());
    const at = { source: source.url, bulk: bulk.url, databaseUrl: stack.databaseUrl, journal: options.journal };
    await writeProject(folder, at, options.rounds);
    const loopDelayFile = join(folder, '.syncline', 'loop-delay.json');
    const env = {
      ...process.env,
      BENCH_TOKEN: 'bench',
      WAREHOUSE_PASSWORD: new URL(stack.databaseUrl).password,
      SYNCLINE_LOG_LEVEL: 'info',
      BENCH_LOOP_DELAY: loopDelayFile,
      NODE_OPTIONS: `${process.env['NODE_OPTIONS'] ?? ''} --import ${fileURLToPath(new URL('./loop-delay.js', import.meta.url))}`,
    };
    const startWorker = async (): Promise<WorkerProcess> => {
      const one = await startWorkerProcess(folder, stack, env);
      closers.push(() => one.stop());
      return one;
    };
    const worker = await startWorker();
    for (let more = 1; more < (options.workers ?? 1); more++) await startWorker();
    const connection = await Connection.connect({ address: stack.temporalAddress });
    closers.push(() => connection.close());
    const ledger = await openLedger(stack.databaseUrl);
    closers.push(() => ledger.close());
    return {
      folder,
      source: source.url,
      bulk: bulk.url,
      stack,
      worker,
      client: new Client({ connection, namespace: stack.namespace }),
      ledger,
      loopDelayFile,
      pids: { ...(await serverPids()), worker: worker.pid, source: source.child.pid, destination: bulk.child.pid },
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** The embedded servers are children of this process. Both are 0 when they run elsewhere. */
async function serverPids(): Promise<{ PostgreSQL: number; Temporal: number }> {
  const all = family(await processes(), process.pid);
  const pidOf = (words: RegExp) => all.find(({ command }) => words.test(command))?.pid ?? 0;
  return { PostgreSQL: pidOf(/postgres\S* -D /), Temporal: pidOf(/server start-dev/) };
}
