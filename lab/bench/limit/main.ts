import { createWriteStream } from 'node:fs';
import { parseArgs } from 'node:util';
import { call, hangUp } from './calls.ts';
import { type Invoice, invoiceOf } from './invoice.ts';
import { httpWriter, postgresWriter, type Writer } from './writers.ts';

/**
 * The limit: the same fetch, validation, mapping and write as the sync of the benchmark, as somebody would write it by
 * hand who wants speed and promises nothing. No state, no retries, no checks; what is invalid goes to a file.
 * Says what it did in one JSON line. Starting Node is not counted.
 * node dist-lab/lab/bench/limit/main.js --source URL --to postgres --database URL --table T | --to http --url URL
 */
const { values } = parseArgs({
  options: {
    source: { type: 'string', default: '' },
    since: { type: 'string' },
    to: { type: 'string', default: 'postgres' },
    database: { type: 'string', default: '' },
    table: { type: 'string', default: 'limit_invoices' },
    url: { type: 'string', default: '' },
    rejects: { type: 'string', default: '/dev/null' },
    writes: { type: 'string', default: '2' },
  },
});

const ask = (cursor?: string): Promise<Buffer> => {
  const since = values.since === undefined ? '' : `&updated_since=${encodeURIComponent(values.since)}`;
  return call('GET', `${values.source}/orders?limit=1000${cursor === undefined ? since : `&cursor=${cursor}`}`);
};

async function load(writer: Writer): Promise<{ fetched: number; written: number; rejected: number }> {
  const rejects = createWriteStream(values.rejects, { flags: 'a' });
  const underWay: Promise<void>[] = [];
  let [fetched, written, rejected] = [0, 0, 0];
  let asked = ask();
  for (let next: string | undefined = ''; next !== undefined; ) {
    const body = await asked;
    // Asked for before this one is parsed: the cursor stands at the end.
    next = /"next":"([^"]+)"\}$/.exec(body.toString('latin1', body.length - 100))?.[1];
    if (next !== undefined) asked = ask(next);
    const page: unknown = JSON.parse(body.toString());
    if (!isPage(page)) throw new Error('the source gave no page');
    const invoices: Invoice[] = [];
    for (const order of page.orders) {
      const invoice = invoiceOf(order);
      if (typeof invoice !== 'string') invoices.push(invoice);
      else {
        rejected++;
        rejects.write(`${JSON.stringify({ reason: invoice, order })}\n`);
      }
    }
    fetched += page.orders.length;
    written += invoices.length;
    if (underWay.length >= Number(values.writes)) await underWay.shift();
    underWay.push(writer.write(invoices));
  }
  await Promise.all(underWay);
  await new Promise<void>((resolve) => rejects.end(resolve));
  return { fetched, written, rejected };
}

const isPage = (value: unknown): value is { readonly orders: readonly unknown[] } =>
  typeof value === 'object' && value !== null && 'orders' in value && Array.isArray(value.orders);

const writer = values.to === 'http' ? httpWriter(values.url) : await postgresWriter(values.database, values.table);
const beganMs = performance.now();
const done = await load(writer);
const seconds = (performance.now() - beganMs) / 1000;
await writer.close();
hangUp();
const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage();
const usage = { cpuS: (userCPUTime + systemCPUTime) / 1e6, peakMiB: Math.round(maxRSS / 1024) };
process.stdout.write(`${JSON.stringify({ ...done, seconds, ...usage })}\n`);
