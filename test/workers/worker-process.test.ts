import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RunReport } from '../../model/sync/batch.ts';
import type { RunState } from '../../model/sync/run-state.ts';
import { commandLine } from '../support/command-line.ts';
import { startProxy } from '../support/cuttable-proxy.ts';
import { withDatabase } from '../support/database.ts';
import { createTestEngine, type TestEngine } from '../support/engine.ts';
import { withProject } from '../support/temp-project.ts';
import { testTemporal } from '../support/temporal.ts';
import { bodyOf, json, startServer } from '../support/with-server.ts';
import { startWorkerProcess, type WorkerProcess } from '../support/worker-process.ts';

const PAGES = 4;
const PAGE_RECORDS = 10;

/** The addresses of the two systems. */
interface Systems {
  readonly shop: string;
  readonly books: string;
}

const project = (systems: Systems) => ({
  'connections.yaml': Object.entries(systems)
    .map(([name, address]) => `${name}: { kind: rest, address: '${address}', network: private }\n`)
    .join(''),
  'mappings/order.ts': `import { map } from 'syncline';
import { z } from 'zod';
const Order = z.object({ id: z.string() });
export const order = map(Order, Order, (from) => ({ id: from.id }));`,
  'syncs/orders.ts': `import { defineSync } from 'syncline';
import rest from 'syncline/connectors/rest';
import { order } from '../../mappings/order.ts';
export default defineSync({
  source: rest.source('shop', { path: '/orders', records: '/data', pagination: { kind: 'cursor', next: '/next' } }),
  key: 'id',
  mapping: order,
  destination: rest.destination('books', { path: '/bulk', key: 'id', upsert: true, bulk: { list: '/records' } }),
  policy: { batchRecords: ${PAGE_RECORDS}, heartbeatTimeout: '2 seconds', retryFirst: '100 ms', retryMax: '1 second' },
});`,
});

/** Holds whoever comes until it is opened, and counts who came. */
class Gate {
  came = 0;
  #open = () => {};
  readonly #opened = new Promise<void>((resolve) => {
    this.#open = resolve;
  });

  async pass(): Promise<void> {
    this.came++;
    await this.#opened;
  }

  open(): void {
    this.#open();
  }
}

/** A shop of four pages and the books, in one: each has a gate before what a test wants to hold. */
async function startSystem(gates: { readonly page?: readonly [number, Gate]; readonly write?: Gate }) {
  const written: string[] = [];
  const server = await startServer(async (request, response) => {
    if (request.method === 'POST') {
      const { records }: { records: { id: string }[] } = JSON.parse(await bodyOf(request));
      written.push(...records.map(({ id }) => id));
      await gates.write?.pass();
      return json(response, {});
    }
    const page = Number(new URL(request.url ?? '', 'http://shop').searchParams.get('cursor') ?? 0);
    if (gates.page?.[0] === page) await gates.page[1].pass();
    const data = Array.from({ length: PAGE_RECORDS }, (_, n) => ({ id: `${page}-${n}` }));
    json(response, { data, next: page + 1 < PAGES ? String(page + 1) : null });
  });
  return { ...server, written, both: { shop: server.address, books: server.address } };
}

/** The same shop as a process of its own, so that it can be killed. */
const shopProgram = `
const [port, pages, records] = process.argv.slice(1).map(Number);
const server = require('node:http').createServer((request, response) => {
  const page = Number(new URL(request.url, 'http://shop').searchParams.get('cursor') ?? 0);
  const data = Array.from({ length: records }, (_, n) => ({ id: page + '-' + n }));
  response.setHeader('content-type', 'application/json');
  response.end(JSON.stringify({ data, next: page + 1 < pages ? String(page + 1) : null }));
});
server.listen(port, '127.0.0.1', () => console.log(server.address().port));`;

/** On the port given; 0: on any that is free. */
async function startShop(port: number): Promise<{ readonly port: number; kill(): Promise<void> }> {
  const args = ['-e', shopProgram, String(port), String(PAGES), String(PAGE_RECORDS)];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(child, 'exit');
  const [said]: unknown[] = await once(child.stdout, 'data');
  return {
    port: Number(String(said)),
    async kill() {
      child.kill('SIGKILL');
      await ended;
    },
  };
}

interface Scene {
  readonly engine: TestEngine;
  /** What `syncline status orders --json` says of the latest run. */
  status(): Promise<{
    readonly status: string;
    readonly waiting: { readonly nextAttempt: string | null; readonly code: string } | null;
  }>;
  worker(env?: Readonly<Record<string, string>>): Promise<WorkerProcess>;
}

/** Workers that a test starts are gone when it ends, whatever happens. */
async function withScene(systems: Systems, work: (scene: Scene) => Promise<void>): Promise<void> {
  await withDatabase((databaseUrl) =>
    withProject(project(systems), async (folder) => {
      const taskQueue = `test-${randomBytes(6).toString('hex')}`;
      const engine = await createTestEngine([], { databaseUrl, taskQueue, worker: 'none' });
      const workers: WorkerProcess[] = [];
      const settings = {
        TEMPORAL_ADDRESS: testTemporal(),
        DATABASE_URL: databaseUrl,
        SYNCLINE_PROJECT: folder,
        SYNCLINE_TASK_QUEUE: taskQueue,
      };
      const worker: Scene['worker'] = async (env) => {
        const started = await startWorkerProcess({ ...settings, ...env });
        workers.push(started);
        return started;
      };
      const status = async () => {
        const { stdout } = await commandLine(['status', 'orders', '--json', '--project', folder], { env: settings });
        return JSON.parse(stdout).runs[0];
      };
      try {
        await work({ engine, worker, status });
      } finally {
        for (const { kill } of workers) await kill();
        await engine.close();
      }
    }),
  );
}

async function until(holds: () => unknown): Promise<void> {
  while (!(await holds())) await sleep(50);
}

const everything = Array.from({ length: PAGES * PAGE_RECORDS }, (_, n) => `${Math.floor(n / 10)}-${n % 10}`);
const succeeded = { status: 'succeeded', counts: { delivered: PAGES * PAGE_RECORDS } };

test('SIGTERM: a worker takes nothing new, ends the write that it has begun, hands back the page that hangs, and another goes on', async () => {
  const page = new Gate();
  const write = new Gate();
  const system = await startSystem({ page: [2, page], write });
  try {
    await withScene(system.both, async ({ engine, worker }) => {
      const first = await worker({ SYNCLINE_GRACE_SECONDS: '2' });
      expect(await first.probe('/readyz')).toBe(200);
      const run = await engine.start('orders');
      await until(() => page.came === 1 && write.came === 1);
      first.signal('SIGTERM');
      await until(async () => (await first.probe('/readyz')) === 503);
      write.open();
      expect(await first.ended).toBe(0);
      expect([page.came, write.came]).toEqual([1, 1]);

      // A second signal is for those who cannot wait for an hour.
      const hasty = await worker({ SYNCLINE_GRACE_SECONDS: '3600' });
      await until(async () => page.came === 2 && (await run.query<RunState>('status')).counts.delivered === 20);
      hasty.signal('SIGTERM');
      await until(async () => (await hasty.probe('/readyz')) === 503);
      hasty.signal('SIGTERM');
      expect(await hasty.ended).toBe(130);

      await worker();
      page.open();
      expect(await (run.result() as Promise<RunReport>)).toMatchObject(succeeded);
    });
    expect(system.written).toEqual(everything);
  } finally {
    page.open();
    write.open();
    await system.close();
  }
});

test('without Temporal a worker lives, is not ready, keeps what it did meanwhile, and is ready again when it is back', async () => {
  const write = new Gate();
  const system = await startSystem({ write });
  const temporal = await startProxy(Number(new URL(`http://${testTemporal()}`).port));
  try {
    await withScene(system.both, async ({ engine, worker }) => {
      const { probe } = await worker({ TEMPORAL_ADDRESS: `127.0.0.1:${temporal.port}` });
      const run = await engine.start('orders');
      await until(() => write.came === 1);
      await temporal.cut();
      await until(async () => (await probe('/readyz')) === 503);
      expect(await probe('/livez')).toBe(200);
      write.open();
      await temporal.mend();
      await until(async () => (await probe('/readyz')) === 200);
      expect(await (run.result() as Promise<RunReport>)).toMatchObject(succeeded);
    });
    expect(system.written).toEqual(everything);
  } finally {
    write.open();
    await temporal.cut();
    await system.close();
  }
});

test('a source whose process is killed is one wait that `status` shows with its next attempt; back again, the run goes on', async () => {
  const write = new Gate();
  const books = await startSystem({ write });
  let shop = await startShop(0);
  try {
    await withScene(
      { shop: `http://127.0.0.1:${shop.port}`, books: books.address },
      async ({ engine, worker, status }) => {
        await worker();
        const run = await engine.start('orders');
        const state = () => run.query<RunState>('status');
        // The window is full: the last page is asked for only when the first batch is delivered.
        await until(async () => write.came === 1 && (await state()).fetched === 3 * PAGE_RECORDS);
        await shop.kill();
        write.open();
        await until(async () => (await state()).waiting);
        const first = (await state()).waiting;
        // Null for the moment in which an attempt is under way.
        let shown = await status();
        while (!shown.waiting?.nextAttempt) shown = await status();
        expect(shown).toMatchObject({
          ...{ status: 'waiting', failure: null, parked: null },
          waiting: { step: 'fetch', place: { side: 'source', connection: 'shop' } },
        });
        // By the time that a command answers, enough calls may have failed to open the breaker.
        expect(['CONNECTION_REFUSED', 'CONNECTION_DOWN']).toContain(shown.waiting?.code);
        await until(async () => ((await state()).waiting?.attempt ?? 0) > 3);
        expect((await state()).waiting?.since).toBe(first?.since);
        shop = await startShop(shop.port);
        expect(await (run.result() as Promise<RunReport>)).toMatchObject(succeeded);
        expect((await engine.ledger.reports.latestRuns('orders')).map((one) => one.status)).toEqual(['succeeded']);
      },
    );
    expect(books.written).toEqual(everything);
  } finally {
    write.open();
    await shop.kill();
    await books.close();
  }
});

test('a worker with a key that is none does not start, and says so', async () => {
  await withProject({}, async (folder) => {
    const env = {
      ...{ TEMPORAL_ADDRESS: testTemporal(), DATABASE_URL: 'postgres://127.0.0.1:1/none', SYNCLINE_PROJECT: folder },
      ...{ SYNCLINE_KEY: 'canary', TEMPORAL_NAMESPACE: 'default' },
    };
    const failure = await startWorkerProcess(env).then(
      (worker) => worker.kill().then(() => 'it started'),
      (error: unknown) => String(error),
    );
    expect(failure).toMatch(/ended with 3:\nSYNCLINE_KEY holds something that is no key/);
    expect(failure).not.toContain('canary');
  });
});
