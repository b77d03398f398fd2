import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RunReport } from '../model/batch.ts';
import type { RunState } from '../model/run-state.ts';
import { startProxy } from './support/cuttable-proxy.ts';
import { withDatabase } from './support/database.ts';
import { createTestEngine, type TestEngine } from './support/engine.ts';
import { withProject } from './support/temp-project.ts';
import { testTemporal } from './support/temporal.ts';
import { bodyOf, json, startServer } from './support/with-server.ts';
import { startWorkerProcess, type WorkerProcess } from './support/worker-process.ts';

const PAGES = 4;
const PAGE_RECORDS = 10;

const project = (address: string) => ({
  'connections.yaml': ['shop', 'books']
    .map((name) => `${name}: { kind: rest, address: '${address}', network: private }\n`)
    .join(''),
  'mappings/order.ts': `import { map } from 'syncline';
import { z } from 'zod';
const Order = z.object({ id: z.string() });
export const order = map(Order, Order, (from) => ({ id: from.id }));`,
  'syncs/orders.ts': `import { defineSync } from 'syncline';
import rest from 'syncline/connectors/rest';
import { order } from '../mappings/order.ts';
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
  return { ...server, written };
}

interface Scene {
  readonly engine: TestEngine;
  worker(env?: Readonly<Record<string, string>>): Promise<WorkerProcess>;
}

/** Workers that a test starts are gone when it ends, whatever happens. */
async function withScene(address: string, work: (scene: Scene) => Promise<void>): Promise<void> {
  await withDatabase((databaseUrl) =>
    withProject(project(address), async (folder) => {
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
      try {
        await work({ engine, worker });
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
    await withScene(system.address, async ({ engine, worker }) => {
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
    await withScene(system.address, async ({ engine, worker }) => {
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
