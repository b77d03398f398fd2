import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import pg from 'pg';
import { z } from 'zod';
import { jsonIn } from '../../model/record/json.ts';
import { startGuard } from '../../stack/guard.ts';
import { lastLines, startServer } from '../../stack/server-process.ts';
import { built } from './built.ts';
import { createTestDatabase } from './database.ts';
import { testTemporal } from './temporal.ts';

const root = path.resolve(import.meta.dirname, '../..');

const runDocument = z.object({
  status: z.string(),
  counts: z.object({
    fetched: z.number(),
    delivered: z.number(),
    unchanged: z.number(),
    filtered: z.number(),
    quarantined: z.number(),
    superseded: z.number(),
    deleted: z.number(),
  }),
  reconciled: z.object({ checked: z.number(), missing: z.number(), extra: z.number(), different: z.number() }),
  quarantine: z.array(z.record(z.string(), z.unknown())).default([]),
});
export type RunDocument = z.infer<typeof runDocument>;

/** A project of test/real with a worker of its own, a ledger and a warehouse, on the Temporal of the test run. */
export interface RealProject {
  /** `syncline run SYNC --wait --json`, as a person types it. */
  run(sync: string): Promise<{ readonly exitCode: number; readonly document: RunDocument }>;
  /** Any other command on the project; answers what it printed. Throws when it does not end with 0. */
  cli(...args: readonly string[]): Promise<string>;
  /** Ends the worker by SIGKILL, in the middle of whatever it does, and starts another. */
  replaceWorker(): Promise<void>;
  /** Asks the warehouse. */
  query<Row extends object>(text: string): Promise<Row[]>;
  stop(): Promise<void>;
}

/**
 * `env` is what connections.yaml of the project refers to; WAREHOUSE_URL and WAREHOUSE_PASSWORD are added.
 * The program has to be built: the tests of the command line run what users run.
 */
export async function startRealProject(name: string, env: Readonly<Record<string, string>>): Promise<RealProject> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'syncline-real-'));
  const ledger = await createTestDatabase();
  const warehouse = await createTestDatabase();
  const project = path.join(root, 'test/real', name);
  const settings: NodeJS.ProcessEnv = {
    ...process.env,
    ...env,
    TEMPORAL_ADDRESS: testTemporal(),
    DATABASE_URL: ledger.url,
    SYNCLINE_PROJECT: project,
    SYNCLINE_TASK_QUEUE: `test-${randomBytes(6).toString('hex')}`,
    WAREHOUSE_URL: withoutPassword(warehouse.url),
    WAREHOUSE_PASSWORD: decodeURIComponent(new URL(warehouse.url).password),
  };
  const guard = startGuard();
  const startWorker = () =>
    startServer({
      folder,
      command: process.execPath,
      args: [built('workers/main.js')],
      env: settings,
      stopSignal: 'SIGTERM',
      graceMs: 15_000,
      guard,
    });
  let worker = await startWorker();
  return {
    async replaceWorker() {
      process.kill(worker.pid, 'SIGKILL');
      guard.forget(worker.pid);
      worker = await startWorker();
    },
    async run(sync) {
      const answer = await cli(['--project', project, 'run', sync, '--wait', '--json'], settings);
      const parsed = runDocument.safeParse(jsonIn(answer.stdout));
      if (parsed.success) return { exitCode: answer.exitCode, document: parsed.data };
      const said = `${answer.stdout}${answer.stderr}\nThe worker's log ends:\n${lastLines(folder, 10)}`;
      throw new Error(`run ${sync} ended with ${answer.exitCode} and without a report:\n${said}`);
    },
    async cli(...args) {
      const answer = await cli(['--project', project, ...args], settings);
      if (answer.exitCode === 0) return answer.stdout;
      throw new Error(`${args.join(' ')} ended with ${answer.exitCode}: ${answer.stdout}${answer.stderr}`);
    },
    query: (text) => query(warehouse.url, text),
    async stop() {
      await worker.stop();
      await guard.close();
      await ledger.drop();
      await warehouse.drop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function withoutPassword(address: string): string {
  const url = new URL(address);
  url.password = '';
  return url.href;
}

async function cli(args: readonly string[], env: NodeJS.ProcessEnv) {
  const child = spawn(process.execPath, [path.join(root, 'bin/syncline.js'), ...args], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    stdout += chunk;
  });
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    stderr += chunk;
  });
  const [exitCode] = await once(child, 'close');
  return { exitCode: Number(exitCode ?? -1), stdout, stderr };
}

async function query<Row extends object>(url: string, text: string): Promise<Row[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Row>(text)).rows;
  } finally {
    await client.end();
  }
}
