import { appendFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startBooks } from '../../demo/books-server.ts';
import { changeOrders, checkBoth, readJournal, readTruth } from '../../demo/client.ts';
import { order, timeOf } from '../../demo/orders.ts';
import { tokenBucket } from '../../demo/rate-limit.ts';
import type { RunningServer } from '../../demo/server.ts';
import { startShop } from '../../demo/shop-server.ts';

const token = 'token-of-the-test';
const open: RunningServer[] = [];
const folders: string[] = [];

afterEach(async () => {
  await Promise.all(open.splice(0).map((server) => server.close()));
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

async function shop(options: { orders?: number; callsPerSecond?: number; badShare?: number } = {}) {
  const server = await startShop({ port: 0, token, orders: 250, badShare: 0, ...options });
  open.push(server);
  return { url: server.url, token };
}

async function books(journalFile?: string) {
  const server = await startBooks({ port: 0, token, ...(journalFile === undefined ? {} : { journalFile }) });
  open.push(server);
  return { url: server.url, token, server };
}

function call(url: string, init: RequestInit & { headers?: Record<string, string> } = {}) {
  return fetch(url, { ...init, headers: { authorization: `Bearer ${token}`, ...init.headers } });
}

interface OrdersPage {
  orders: { id: string; revision: number; updatedAt: string }[];
  next: string | null;
}

async function page(url: string, query: string): Promise<OrdersPage> {
  return (await (await call(`${url}/orders?${query}`)).json()) as OrdersPage;
}

async function everyOrder(url: string, first: string, onPage?: () => Promise<unknown>): Promise<OrdersPage['orders']> {
  const orders: OrdersPage['orders'] = [];
  for (let query: string | null = first; query !== null; ) {
    const answer: OrdersPage = await page(url, query);
    orders.push(...answer.orders);
    await onPage?.();
    query = answer.next === null ? null : `limit=40&cursor=${answer.next}`;
  }
  return orders;
}

function invoice(externalId: string, sourceRevision = 0, changes: object = {}) {
  return {
    externalId,
    sourceRevision,
    number: 'SO-1',
    issuedOn: '2026-01-31',
    dueOn: '2026-02-14',
    fulfilment: 'sent',
    currency: 'EUR',
    subtotal: 1000,
    discount: 0,
    tax: 200,
    total: 1200,
    customerName: 'Ada Brown',
    customerEmail: 'ada@example.com',
    street: '1 High Street',
    city: 'London',
    postcode: '10000',
    country: 'GB',
    note: '',
    lines: [{ sku: 'SKU-1', description: 'Shelf', quantity: 1, unitPrice: 1000 }],
    ...changes,
  };
}

function bulk(url: string, invoices: readonly object[], idempotencyKey?: string) {
  return call(`${url}/invoices/bulk`, {
    method: 'POST',
    body: JSON.stringify({ invoices }),
    headers: idempotencyKey === undefined ? {} : { 'idempotency-key': idempotencyKey },
  });
}

describe("the demo's shop", () => {
  test('asks for its bearer token', async () => {
    const { url } = await shop();
    expect((await fetch(`${url}/orders`)).status).toBe(401);
    expect((await fetch(`${url}/orders`, { headers: { authorization: 'Bearer other' } })).status).toBe(401);
    expect((await call(`${url}/orders`)).status).toBe(200);
  });

  test('tells everyone how it is used', async () => {
    const { url } = await shop();
    const answer = await fetch(`${url}/docs`);
    expect(answer.headers.get('content-type')).toContain('text/plain');
    expect(await answer.text()).toContain('GET /orders?limit=');
  });

  test('gives every order once over its pages, the oldest first', async () => {
    const { url } = await shop();
    const orders = await everyOrder(url, 'limit=40');
    expect(orders.map(({ id }) => id)).toEqual(Array.from({ length: 250 }, (_, i) => order(i + 1).id));
    expect(orders[0]).toEqual(order(1, 0, { badShare: 0 }));
  });

  test('tells an incremental reader only what changed at or after a time', async () => {
    const system = await shop();
    expect((await page(system.url, `limit=1000&updated_since=${timeOf(247)}`)).orders).toHaveLength(3);
    expect(await changeOrders(system, 0.02)).toBe(5);
    const changed = (await page(system.url, `limit=1000&updated_since=${timeOf(250)}`)).orders;
    expect(changed.map(({ revision }) => revision)).toEqual([1, 1, 1, 1, 1]);
    expect(changed.map(({ updatedAt }) => updatedAt)).toEqual([250, 251, 252, 253, 254].map(timeOf));
  });

  test('loses no order that changes while it is read', async () => {
    const system = await shop();
    let pages = 0;
    const orders = await everyOrder(system.url, 'limit=40', async () => {
      if ([2, 3, 5].includes(++pages)) await changeOrders(system, 0.05);
    });
    const { valid } = await readTruth(system);
    const last = new Map(orders.map(({ id, revision }) => [id, revision]));
    expect(Object.fromEntries(last)).toEqual(valid);
  });

  test('lists a changed order once, at its present revision', async () => {
    const system = await shop();
    await changeOrders(system, 0.1);
    await changeOrders(system, 1);
    const orders = await everyOrder(system.url, 'limit=40');
    expect(orders).toHaveLength(250);
    expect(orders.filter(({ revision }) => revision === 2)).toHaveLength(25);
  });

  test('refuses a limit, cursor or time that is none', async () => {
    const { url } = await shop();
    for (const query of ['limit=0', 'limit=1001', 'limit=x', 'cursor=zzz', 'updated_since=yesterday'])
      expect([query, (await call(`${url}/orders?${query}`)).status]).toEqual([query, 400]);
  });

  test('answers 429 with a time to wait when it is called too often', async () => {
    const { url } = await shop({ callsPerSecond: 3 });
    const answers = await Promise.all([1, 2, 3, 4, 5, 6].map(() => call(`${url}/orders?limit=1`)));
    const refused = answers.filter(({ status }) => status === 429);
    expect(answers.filter(({ status }) => status === 200).length).toBeGreaterThanOrEqual(3);
    expect(refused.length).toBeGreaterThanOrEqual(1);
    expect(refused[0]?.headers.get('retry-after')).toBe('1');
  });

  test('keeps bad orders out of its truth and counts them', async () => {
    const truth = await readTruth(await shop({ orders: 20_000, badShare: 0.01 }));
    const bad = Object.values(truth.bad).reduce((sum, count) => sum + count, 0);
    expect(Object.keys(truth.valid).length + bad).toBe(20_000);
    expect(bad).toBeGreaterThan(0);
  });
});

test('a token bucket lets a burst go, then one call for each share of a second', () => {
  const take = tokenBucket(2);
  expect([take(0), take(0), take(0), take(250), take(500)]).toEqual([0, 0, 500, 250, 0]);
  expect([take(60_000), take(60_000), take(60_000)]).toEqual([0, 0, 500]);
});

describe("the demo's books", () => {
  test('create, then update, by external id, with a result for each item', async () => {
    const { url } = await books();
    const first = await (await bulk(url, [invoice('a'), invoice('b')])).json();
    expect(first).toEqual({
      results: [
        { externalId: 'a', status: 'created', id: 'inv_0000001' },
        { externalId: 'b', status: 'created', id: 'inv_0000002' },
      ],
    });
    const second = await (await bulk(url, [invoice('b', 1)])).json();
    expect(second).toEqual({ results: [{ externalId: 'b', status: 'updated', id: 'inv_0000002' }] });
    expect(await (await call(`${url}/invoices/b`)).json()).toEqual({ id: 'inv_0000002', ...invoice('b', 1) });
    expect(await (await call(`${url}/invoices?ids=x,b,a`)).json()).toEqual({
      invoices: [
        { id: 'inv_0000002', ...invoice('b', 1) },
        { id: 'inv_0000001', ...invoice('a') },
      ],
    });
    expect((await call(`${url}/invoices/x`)).status).toBe(404);
  });

  test.each([
    ['an amount that is not whole', { total: 12.5 }, 'total'],
    ['an amount as text', { tax: '12' }, 'tax'],
    ['a currency they do not know', { currency: 'ZZQ' }, 'currency'],
    ['a day that is not in the calendar', { dueOn: '2026-02-31' }, 'dueOn'],
    ['a day of a closed period', { issuedOn: '2019-12-31' }, 'issuedOn'],
    ['no e-mail', { customerEmail: null }, 'customerEmail'],
    ['no lines', { lines: [] }, 'lines'],
  ])('refuse %s, and only that invoice', async (_summary, changes, field) => {
    const { url } = await books();
    const answer = (await (await bulk(url, [invoice('a', 0, changes), invoice('b')])).json()) as {
      results: { status: string; error?: { field: string } }[];
    };
    expect(answer.results.map(({ status }) => status)).toEqual(['rejected', 'created']);
    expect(answer.results[0]?.error?.field).toBe(field);
    expect((await call(`${url}/invoices/a`)).status).toBe(404);
  });

  test('answer a repeated idempotency key from the stored result, without a second effect', async () => {
    const system = await books();
    const first = await bulk(system.url, [invoice('a')], 'key-1');
    const again = await bulk(system.url, [invoice('a')], 'key-1');
    expect(await again.text()).toBe(await first.text());
    expect(again.headers.get('idempotent-replay')).toBe('true');
    expect(await readJournal(system)).toEqual({ effects: [['a', 0]], replays: 1 });
  });

  test('refuse an idempotency key that comes back with another body', async () => {
    const system = await books();
    await bulk(system.url, [invoice('a')], 'key-1');
    expect((await bulk(system.url, [invoice('b')], 'key-1')).status).toBe(422);
    expect((await readJournal(system)).effects).toEqual([['a', 0]]);
  });

  test('count a repeated write without a key as a second effect', async () => {
    const system = await books();
    await bulk(system.url, [invoice('a')]);
    await bulk(system.url, [invoice('a')]);
    expect(await (await call(`${system.url}/demo/effects`)).json()).toEqual({ a: { effects: 2, revisions: [0, 0] } });
  });

  test('refuse a body that is not a list of 1 to 500 invoices', async () => {
    const { url } = await books();
    const many = Array.from({ length: 501 }, (_, i) => invoice(String(i)));
    for (const list of [[], many]) expect((await bulk(url, list)).status).toBe(422);
    expect((await call(`${url}/invoices/bulk`, { method: 'POST', body: '{"invoices":' })).status).toBe(422);
  });

  test('lose an answer on request: the effect is there, and the same key tells the result', async () => {
    const system = await books();
    await call(`${system.url}/demo/lose-answers?count=1`, { method: 'POST' });
    await expect(bulk(system.url, [invoice('a')], 'key-1')).rejects.toThrow();
    const again = await bulk(system.url, [invoice('a')], 'key-1');
    expect(await again.json()).toMatchObject({ results: [{ status: 'created' }] });
    expect(await readJournal(system)).toEqual({ effects: [['a', 0]], replays: 1 });
  });

  test('know everything again after a restart, and drop a line that was never finished', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'syncline-books-'));
    folders.push(folder);
    const file = join(folder, 'journal.jsonl');
    const before = await books(file);
    await bulk(before.url, [invoice('a'), invoice('b')], 'key-1');
    await before.server.close();
    appendFileSync(file, '{"seq":2,"method":"PO');

    const after = await books(file);
    expect(await (await call(`${after.url}/invoices/b`)).json()).toEqual({ id: 'inv_0000002', ...invoice('b') });
    expect((await bulk(after.url, [invoice('a'), invoice('b')], 'key-1')).headers.get('idempotent-replay')).toBe(
      'true',
    );
    await bulk(after.url, [invoice('a', 1)], 'key-2');
    await after.server.close();

    expect((await readJournal(await books(file))).effects).toEqual([
      ['a', 0],
      ['b', 0],
      ['a', 1],
    ]);
  });
});

test('the checker reads its verdict from both systems', async () => {
  const source = await shop({ orders: 3 });
  const target = await books();
  await bulk(target.url, [invoice('ord_0000001'), invoice('ord_0000002')]);
  await bulk(target.url, [invoice('ord_0000001'), invoice('strange')]);
  expect(await checkBoth(source, target)).toEqual({
    delivered: 2,
    lost: 1,
    doubled: 1,
    stale: 0,
    extra: 1,
    replays: 0,
  });
});
