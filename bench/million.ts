import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Client, Connection } from '@temporalio/client';
import { followRun } from '../cli/runs/follow.ts';
import { startRun } from '../cli/runs/start.ts';
import { startWorkerProcess } from '../cli/runs/worker-process.ts';
import { openStack } from '../dev/stack/stack.ts';
import { TASK_QUEUE } from '../model/names.ts';
import { openLedger } from '../platform/ledger/ledger.ts';
import { createProgress } from '../platform/progress.ts';
import { stageTimes } from './stages.ts';

/**
 * One full load of generated orders from an HTTP source into PostgreSQL, as users run it: how fast, how much memory the
 * worker takes at its peak, how long the workflow's history gets, how large the ledger is.
 * node dist/bench/million.js [--records 1000000] [--again]
 */
const { values } = parseArgs({
  options: { records: { type: 'string', default: '1000000' }, again: { type: 'boolean', default: false } },
});
const columns = Object.fromEntries([
  ...['externalId', 'number', 'fulfilment', 'currency', 'customerName', 'customerEmail'].map((name) => [name, 'text']),
  ...['street', 'city', 'postcode', 'country', 'note'].map((name) => [name, 'text']),
  ...['issuedOn', 'dueOn'].map((name) => [name, 'date']),
  ...['subtotal', 'discount', 'tax', 'total', 'sourceRevision'].map((name) => [name, 'bigint']),
  ['lines', 'jsonb'],
]);

const folder = await mkdtemp(join(tmpdir(), 'syncline-million-'));
const progress = createProgress(process.stderr);
const closers: (() => Promise<unknown>)[] = [() => rm(folder, { recursive: true, force: true })];

try {
  const shop = await startShop(Number(values.records));
  const stack = await openStack({ projectFolder: folder, progress, env: process.env });
  closers.push(() => stack.stop());
  await writeProject(shop, stack.databaseUrl);
  const env = {
    ...process.env,
    SHOP_TOKEN: 'bench',
    WAREHOUSE_PASSWORD: new URL(stack.databaseUrl).password,
    SYNCLINE_LOG_LEVEL: 'warn',
  };
  const worker = await startWorkerProcess(folder, stack, { ...env, SYNCLINE_LOG_LEVEL: 'info' });
  closers.push(() => worker.stop());
  const connection = await Connection.connect({ address: stack.temporalAddress });
  closers.push(() => connection.close());
  const client = new Client({ connection, namespace: stack.namespace });
  const ledger = await openLedger(stack.databaseUrl);
  closers.push(() => ledger.close());

  for (const pass of values.again ? ['first load', 'again, nothing changed'] : ['first load']) {
    const beganMs = performance.now();
    const started = await startRun(client, TASK_QUEUE, { sync: 'orders', full: true, trigger: 'bench', uiUrl: null });
    await followRun(client, started.workflowId, {
      title: pass,
      progress,
      untilMs: Number.POSITIVE_INFINITY,
      signal: new AbortController().signal,
    });
    const seconds = (performance.now() - beganMs) / 1000;
    const summary = await ledger.reports.run(started.run);
    const { historyLength } = await client.workflow.getHandle(started.workflowId).describe();
    const { rows } = await ledger.pool.query<{ bytes: string }>("select pg_total_relation_size('ledger') as bytes");
    const fetched = summary?.counts?.fetched ?? 0;
    process.stdout.write(
      `${JSON.stringify({
        pass,
        status: summary?.status,
        counts: summary?.counts,
        reconciled: summary?.reconciled,
        seconds: Number(seconds.toFixed(1)),
        recordsPerSecond: Math.round(fetched / seconds),
        workerPeakMiB: await peakMiB(worker.pid),
        historyEvents: historyLength,
        stages: await stageTimes(client, started.workflowId),
        ledgerBytesPerRecord: Math.round(Number(rows[0]?.bytes ?? 0) / (summary?.counts?.delivered || fetched || 1)),
      })}\n`,
    );
  }
} finally {
  for (const closer of closers.reverse()) await closer();
}

async function startShop(orders: number): Promise<string> {
  const program = fileURLToPath(new URL('../dev/demo/shop.js', import.meta.url));
  const child = spawn(
    process.execPath,
    [
      program,
      '--port',
      '0',
      '--orders',
      String(orders),
      '--calls-per-second',
      '1000000',
      '--warm-limit',
      '1000',
      '--while-stdin-open',
      'yes',
    ],
    {
      env: { ...process.env, SHOP_TOKEN: 'bench' },
      stdio: ['pipe', 'pipe', 'inherit'],
    },
  );
  closers.push(async () => {
    child.kill();
    if (child.exitCode === null) await once(child, 'exit');
  });
  for await (const line of createInterface({ input: child.stdout })) {
    const { url, port } = JSON.parse(line);
    return url ?? `http://127.0.0.1:${port}`;
  }
  throw new Error('the shop ended before it said where it is');
}

async function writeProject(shop: string, databaseUrl: string): Promise<void> {
  const url = new URL(databaseUrl);
  url.password = '';
  const repository = fileURLToPath(new URL('../../', import.meta.url));
  await mkdir(join(folder, 'mappings'), { recursive: true });
  await mkdir(join(folder, 'syncs'), { recursive: true });
  await writeFile(
    join(folder, 'connections.yaml'),
    `shop:\n  kind: rest\n  address: ${shop}\n  auth: { kind: bearer, token: { env: SHOP_TOKEN } }\nwarehouse:\n  kind: postgres\n  url: ${url.href}\n  password: { env: WAREHOUSE_PASSWORD }\n`,
  );
  await writeFile(
    join(folder, 'mappings/order-to-invoice.ts'),
    await readFile(join(repository, 'mappings/order-to-invoice.ts'), 'utf8'),
  );
  await writeFile(
    join(folder, 'syncs/orders.ts'),
    `import { defineSync } from 'syncline';
import postgres from 'syncline/connectors/postgres';
import rest from 'syncline/connectors/rest';
import { orderToInvoice } from '../mappings/order-to-invoice.ts';
export default defineSync({
  source: rest.source('shop', { path: '/orders', records: '/orders', pagination: { kind: 'cursor', next: '/next', sizeParam: 'limit' }, pageSize: 1000 }),
  key: 'id',
  version: 'updatedAt',
  mapping: orderToInvoice,
  destination: postgres.destination('warehouse', { table: 'public.invoices', key: 'externalId', columns: ${JSON.stringify(columns)} }),
});
`,
  );
}

async function peakMiB(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Math.round(Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024);
}
