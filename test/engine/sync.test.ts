import { setTimeout as sleep } from 'node:timers/promises';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { SyncFailure } from '../../model/failure/failure.ts';
import type { Mapped } from '../../model/mapping/mapping.ts';
import type { Json } from '../../model/record/json.ts';
import { unaccounted } from '../../model/sync/batch.ts';
import type { DeliveryCapabilities } from '../../model/sync/delivery.ts';
import type { RunState } from '../../model/sync/run-state.ts';
import { arraySource, createTestEngine, type TestEngine, type TestSync } from '../support/engine.ts';
import { journalDestination } from '../support/journal.ts';

const order = (n: number, version = n, value = `v${n}`): Json => ({ id: `o${n}`, version, value });
const orders = (count: number): Json[] => Array.from({ length: count }, (_, n) => order(n));
const upsert = { upsert: true, lookupLagMs: 0 };

let engine: TestEngine | undefined;
async function engineFor(...syncs: TestSync[]): Promise<TestEngine> {
  engine = await createTestEngine(syncs);
  return engine;
}
afterEach(async () => {
  await engine?.close();
  engine = undefined;
});

async function until<T>(what: () => Promise<T | undefined | false>): Promise<T> {
  for (let tries = 0; tries < 300; tries++) {
    const found = await what();
    if (found) return found;
    await sleep(50);
  }
  throw new Error('it did not come to be');
}

test('a run delivers every record once, the next one only what changed', async () => {
  const records = orders(95);
  const books = journalDestination(upsert);
  const { run } = await engineFor({
    name: 'all',
    source: arraySource(() => records),
    destination: books,
    mode: 'incremental',
    policy: { batchRecords: 30 },
  });
  expect(await run('all')).toMatchObject({
    status: 'succeeded',
    counts: { fetched: 95, delivered: 95, unchanged: 0 },
    reconciled: { checked: 95, missing: 0, different: 0 },
  });
  records[3] = order(3, 200, 'changed');
  expect((await run('all')).counts).toMatchObject({ fetched: 2, delivered: 1, unchanged: 1 });
  expect((await run('all', { full: true })).counts).toMatchObject({ fetched: 95, delivered: 0, unchanged: 95 });
  expect(books.effects).toHaveLength(96);
});

test('invariant 1, conservation: every record ends in one bucket, and rejected ones lie in quarantine with their reason', async () => {
  const records: Json[] = [
    ...orders(20),
    { id: 'o1', version: 99, value: 'newer' },
    { version: 1, value: 'no key' },
    7,
    { id: 'x', version: 1 },
  ];
  const books = journalDestination(upsert);
  const { run, ledger } = await engineFor({
    name: 'mixed',
    source: arraySource(() => records),
    destination: books,
    map: (record) => {
      const { id } = record as { id: string };
      if (id === 'o5') return { state: 'filtered', reason: 'not wanted' };
      if (id === 'o6') return { state: 'rejected', reason: 'not allowed', field: 'value', rule: 'allowed' };
      return { state: 'mapped', record };
    },
  });
  const report = await run('mixed');
  expect(report.status).toBe('partial');
  expect(report.counts).toMatchObject({
    fetched: 24,
    delivered: 18,
    filtered: 1,
    quarantined: 4,
    superseded: 1,
    unchanged: 0,
  });
  expect(unaccounted(report.counts)).toBe(0);
  expect(books.state.get('o1')).toMatchObject({ value: 'newer' });
  const reasons = await ledger.quarantine.byReason(report.run);
  expect(reasons.map(({ code }) => code).sort()).toEqual([
    'KEY_MISSING',
    'MAPPING_REJECTED',
    'NOT_A_RECORD',
    'SOURCE_SCHEMA',
  ]);
});

test('invariant 5, newest wins: an older version of a record that was delivered is superseded, not sent', async () => {
  let records: Json[] = [order(1, 10, 'new')];
  const books = journalDestination(upsert);
  const { run } = await engineFor({ name: 'versions', source: arraySource(() => records), destination: books });
  await run('versions');
  records = [order(1, 9, 'old')];
  expect((await run('versions')).counts).toMatchObject({ fetched: 1, superseded: 1, delivered: 0 });
  expect(books.state.get('o1')).toMatchObject({ value: 'new' });
});

test('invariant 5, newest wins: also when the newer version had the content that was there', async () => {
  let records: Json[] = [order(1, 10, 'same')];
  const books = journalDestination(upsert);
  const map = (record: unknown): Mapped => ({ state: 'mapped', record: { ...Object(record), version: undefined } });
  const { run } = await engineFor({ name: 'renewed', source: arraySource(() => records), destination: books, map });
  await run('renewed');
  records = [order(1, 30, 'same')];
  expect((await run('renewed')).counts).toMatchObject({ unchanged: 1, delivered: 0 });
  records = [order(1, 20, 'older')];
  expect((await run('renewed')).counts).toMatchObject({ superseded: 1, delivered: 0 });
  expect(books.state.get('o1')).toMatchObject({ value: 'same' });
});

test('a destination that is down is waited for, and each record arrives once', async () => {
  const books = journalDestination(upsert);
  books.fate = (n) => (n === 2 || n === 3 ? 'refused' : 'done');
  const { run } = await engineFor({ name: 'down', source: arraySource(() => orders(50)), destination: books });
  expect(await run('down')).toMatchObject({ status: 'succeeded', counts: { delivered: 50 } });
  expect(new Set(books.effects.map(({ key }) => key)).size).toBe(50);
  expect(books.effects).toHaveLength(50);
});

test.each([
  ['T1', { transaction: true }, 'lost after'],
  ['T2', { idempotencyKeyHours: 24 }, 'lost after'],
  ['T2', { idempotencyKeyHours: 24 }, 'lost before'],
  ['T4', { lookupLagMs: 10 }, 'lost after'],
  ['T4', { lookupLagMs: 10 }, 'lost before'],
] as const)('invariant 4, no double effect: class %s %j survives an answer that is %s', async (_name, can, fate) => {
  const books = journalDestination(can);
  books.fate = (n) => (n === 2 ? fate : 'done');
  const { run } = await engineFor({ name: 'doubt', source: arraySource(() => orders(50)), destination: books });
  expect(await run('doubt')).toMatchObject({ status: 'succeeded', counts: { fetched: 50, delivered: 50 } });
  expect(books.effects.map(({ key }) => key).sort()).toEqual(
    orders(50)
      .map((_, n) => `o${n}`)
      .sort(),
  );
});

test('class T3 may write twice, and ends in the same state', async () => {
  const books = journalDestination({ upsert: true });
  books.fate = (n) => (n === 2 ? 'lost after' : 'done');
  const { run } = await engineFor({ name: 'upserts', source: arraySource(() => orders(50)), destination: books });
  expect(await run('upserts')).toMatchObject({ status: 'succeeded', counts: { delivered: 50 } });
  expect(books.state.size).toBe(50);
});

test.each([
  ['retry', 50, 'succeeded'],
  // The person was wrong: what was counted as done is not there.
  ['skip', 30, 'partial'],
] as const)('class T5 holds a write in doubt until a person sends %s', async (signal, effects, status) => {
  const books = journalDestination({});
  books.fate = (n) => (n === 2 ? 'lost before' : 'done');
  const { start } = await engineFor({ name: 'blind', source: arraySource(() => orders(50)), destination: books });
  const handle = await start('blind');
  const parked = await until(async () => (await handle.query<RunState>('status')).parked);
  expect(parked).toMatchObject({ code: 'OUTCOME_UNKNOWN', step: 'deliver', batch: 1 });
  expect(books.requests).toBe(2);
  await handle.signal(signal);
  expect(await handle.result()).toMatchObject({ status, counts: { delivered: 50 } });
  expect(books.effects).toHaveLength(effects);
});

test('class T5: an answer settles the write in doubt that was shown, and no later one, even when its step is reset', async () => {
  const books = journalDestination({});
  books.fate = (n) => (n === 1 ? 'lost before' : n === 2 ? 'lost after' : 'done');
  const { write } = books;
  books.write = (request) =>
    write(request).catch((error: unknown) => {
      if (books.requests === 1) throw error;
      throw new SyncFailure('TIMEOUT', 'no answer', { effect: 'unknown', retryAfterMs: 3_600_000 });
    });
  const { start, client } = await engineFor({
    name: 'asked',
    source: arraySource(() => orders(10)),
    destination: books,
  });
  const handle = await start('asked');
  const state = () => handle.query<RunState>('status');
  await until(async () => (await state()).parked);
  await handle.signal('retry');
  // The request that was sent anew is in doubt as well, and its step waits for its second attempt.
  await until(async () => books.requests === 2 && (await state()).waiting);
  const { pendingActivities } = (await handle.describe()).raw;
  await client.workflowService.resetActivity({
    namespace: 'default',
    execution: { workflowId: handle.workflowId },
    id: pendingActivities?.[0]?.activityId ?? '',
  });
  expect(await until(async () => (await state()).parked)).toMatchObject({ code: 'OUTCOME_UNKNOWN' });
  await handle.signal('skip');
  expect(await handle.result()).toMatchObject({ status: 'succeeded', counts: { delivered: 10 } });
  expect(books.effects).toHaveLength(10);
});

test('a record that the destination refuses is set aside alone, with the reason', async () => {
  const books = journalDestination(upsert, 3);
  books.fate = (n, { items }) =>
    n === 1
      ? items.map((_, i) =>
          i === 1
            ? { state: 'rejected', code: 'RECORD_REJECTED', reason: 'too old', field: 'value' }
            : { state: 'confirmed' },
        )
      : 'done';
  const { run, ledger } = await engineFor({
    name: 'refused',
    source: arraySource(() => orders(10)),
    destination: books,
  });
  const report = await run('refused');
  expect(report).toMatchObject({ status: 'partial', counts: { fetched: 10, delivered: 9, quarantined: 1 } });
  expect(await ledger.quarantine.byReason(report.run)).toEqual([
    { code: 'RECORD_REJECTED', field: 'value', reason: 'too old', records: 1 },
  ]);
});

test('more rejects than the policy allows park the run; aborted, it ends as halted and the cursor stays', async () => {
  const bad: Json[] = Array.from({ length: 40 }, (_, n) => ({ id: `b${n}`, version: n }));
  const { start, ledger } = await engineFor({
    name: 'drift',
    source: arraySource(() => bad),
    destination: journalDestination(upsert),
    policy: { maxRejectedAtLeast: 10, maxRejectedShare: 0.2 },
  });
  const handle = await start('drift');
  expect(await until(async () => (await handle.query<RunState>('status')).parked)).toMatchObject({
    code: 'TOO_MANY_REJECTED',
  });
  await handle.signal('abort');
  await expect(handle.result()).rejects.toThrow();
  expect((await ledger.reports.latestRuns('drift'))[0]).toMatchObject({
    status: 'halted',
    failureCode: 'TOO_MANY_REJECTED',
  });
  expect((await ledger.pool.query('select watermark, holder from syncs')).rows).toEqual([
    { watermark: null, holder: null },
  ]);
});

test('invariant 7, one writer: a second run of a sync ends as locked while the first is open, and works after it', async () => {
  const books = journalDestination(upsert);
  const { start, run } = await engineFor({ name: 'single', source: arraySource(() => orders(30)), destination: books });
  const first = await start('single');
  await first.signal('pause');
  await until(async () => (await first.query<RunState>('status')).paused);
  await until(async () => (await first.query<RunState>('status')).mode);
  await expect(run('single')).rejects.toMatchObject({ cause: { cause: { type: 'LOCKED' } } });
  await first.signal('resume');
  expect(await first.result()).toMatchObject({ status: 'succeeded' });
  expect(await run('single')).toMatchObject({ counts: { unchanged: 30 } });
});

test('a source that was down and then needs a person goes on after `retry`, whatever attempt it had reached', async () => {
  const books = journalDestination(upsert);
  const fates = ['CONNECTION_REFUSED', 'CONNECTION_REFUSED', 'AUTH_REJECTED'] as const;
  let reads = 0;
  const fail = () => {
    const code = fates[reads++];
    if (code) throw new SyncFailure(code, 'on purpose', { effect: 'none' });
  };
  const { start } = await engineFor({
    name: 'login',
    source: arraySource(() => orders(50), { fail }),
    destination: books,
  });
  const handle = await start('login');
  expect(await until(async () => (await handle.query<RunState>('status')).parked)).toMatchObject({
    code: 'AUTH_REJECTED',
  });
  await handle.signal('retry');
  expect(await handle.result()).toMatchObject({ status: 'succeeded', counts: { fetched: 50, delivered: 50 } });
  expect(books.effects).toHaveLength(50);
});

test('a fetch that dies between its last page and its end reads no page again', async () => {
  const pages: number[] = [];
  const { run, ledger } = await engineFor({
    name: 'last-page',
    source: arraySource(() => orders(50), { fail: (page) => void pages.push(page) }),
    destination: journalDestination(upsert),
  });
  const { closeFetch } = ledger.staging;
  ledger.staging.closeFetch = async () => {
    ledger.staging.closeFetch = closeFetch;
    throw new SyncFailure('LEDGER_UNAVAILABLE', 'on purpose');
  };
  expect(await run('last-page')).toMatchObject({ counts: { fetched: 50, delivered: 50, superseded: 0 } });
  expect(pages).toEqual([0, 1, 2, 3, 4]);
});

test('a cancelled run lets go of its sync, and the next one completes the work without a double', async () => {
  const books = journalDestination(upsert, 5);
  let held = true;
  books.fate = (n) => (held && n > 2 ? 'refused' : 'done');
  const { start, run, ledger } = await engineFor({
    name: 'cancelled',
    source: arraySource(() => orders(30)),
    destination: books,
  });
  const handle = await start('cancelled');
  await until(async () => books.requests > 3);
  await handle.cancel();
  await expect(handle.result()).rejects.toThrow();
  expect((await ledger.reports.latestRuns('cancelled'))[0]).toMatchObject({ status: 'cancelled' });
  held = false;
  expect(await run('cancelled')).toMatchObject({ status: 'succeeded', counts: { unchanged: 10, delivered: 20 } });
  expect(books.effects).toHaveLength(30);
});

/** A run that was cancelled with its first request in doubt, after which the source has nothing. */
async function leftInDoubt(can: DeliveryCapabilities, name: string) {
  let records = orders(10);
  const books = journalDestination(can);
  books.fate = (n) => (n === 1 ? 'lost after' : records.length > 0 ? 'refused' : 'done');
  const made = await engineFor({ name, source: arraySource(() => records), destination: books });
  const inDoubt = async (): Promise<number | null> =>
    (await made.ledger.pool.query(`select from intents where state in ('open', 'unknown')`)).rowCount;
  const handle = await made.start(name);
  await until(async () => (await inDoubt()) === 1 && (await handle.query<RunState>('status')).stage === 'syncing');
  await handle.cancel();
  await expect(handle.result()).rejects.toThrow();
  expect(await inDoubt()).toBe(1);
  records = [];
  return { ...made, books, inDoubt };
}

test('invariant 3, intent first: a run that reads nothing settles what a cancelled one left in doubt', async () => {
  const { run, books, inDoubt, ledger } = await leftInDoubt({ idempotencyKeyHours: 24 }, 'left');
  expect(await run('left')).toMatchObject({ status: 'succeeded', counts: { fetched: 0 } });
  expect(await inDoubt()).toBe(0);
  expect(books.effects).toHaveLength(10);
  expect((await ledger.pool.query('select from staged')).rowCount).toBe(0);
});

test('invariant 3, intent first: a run that reads nothing asks about what a cancelled one left in doubt at T5', async () => {
  const { start, books, inDoubt } = await leftInDoubt({}, 'left-blind');
  const handle = await start('left-blind');
  const parked = await until(async () => (await handle.query<RunState>('status')).parked);
  expect(parked).toMatchObject({ code: 'OUTCOME_UNKNOWN', step: 'settle', batch: null });
  await handle.signal('skip');
  expect(await handle.result()).toMatchObject({ status: 'succeeded', counts: { fetched: 0 } });
  expect([await inDoubt(), books.effects.length]).toEqual([0, 10]);
});

test('invariant 11, honest status: a run whose step fails just as it is cancelled is cancelled', async () => {
  const books = journalDestination(upsert);
  let writing = false;
  const write = async () => {
    writing = true;
    await sleep(400);
    throw new SyncFailure('CONNECTION_REFUSED', 'on purpose', { effect: 'none' });
  };
  const { start, ledger } = await engineFor({
    name: 'cancelled-late',
    source: arraySource(() => orders(10)),
    destination: { ...books, write },
  });
  const handle = await start('cancelled-late');
  await until(async () => writing);
  await handle.cancel();
  await expect(handle.result()).rejects.toThrow(/cancelled/);
  expect((await ledger.reports.latestRuns('cancelled-late'))[0]).toMatchObject({ status: 'cancelled', failure: null });
});

test('invariant 2, cursor behind: a run that fails half way leaves the cursor where it was', async () => {
  const records = orders(40);
  const books = journalDestination(upsert, 5);
  const { run, start, ledger } = await engineFor({
    name: 'half',
    source: arraySource(() => records),
    destination: books,
    mode: 'incremental',
  });
  await run('half');
  records[0] = order(0, 100, 'new');
  records[1] = order(1, 101, 'new');
  books.fate = () => 'refused';
  const handle = await start('half');
  await until(async () => books.requests > 9);
  await handle.cancel();
  await expect(handle.result()).rejects.toThrow();
  expect((await ledger.pool.query('select watermark from syncs')).rows).toEqual([
    { watermark: { kind: 'number', value: 39 } },
  ]);
  books.fate = () => 'done';
  expect((await run('half')).counts).toMatchObject({ delivered: 2 });
});

test('invariant 8, nothing in history: neither records nor their keys nor positions', async () => {
  const canary = 'canary-3141592653';
  const records: Json[] = [
    { id: canary, version: 1, value: canary },
    { id: `${canary}-bad`, version: 2 },
  ];
  const { start, client } = await engineFor({
    name: 'quiet',
    source: arraySource(() => records),
    destination: journalDestination(upsert),
  });
  const handle = await start('quiet');
  await handle.result();
  const history = historyToJSON(await client.workflow.getHandle(handle.workflowId).fetchHistory()).replace(
    /"data":\s*"([^"]*)"/g,
    (_, data) => Buffer.from(data, 'base64').toString(),
  );
  expect(history).toContain('fetched');
  expect(history).not.toContain(canary);
});

test('a long run continues as new, and counts on', async () => {
  const books = journalDestination(upsert, 500);
  const { start } = await engineFor({
    name: 'long',
    source: arraySource(() => orders(12), { pageSize: 1 }),
    destination: books,
    policy: { batchRecords: 1, batchesPerExecution: 5 },
  });
  const handle = await start('long');
  expect(await handle.result()).toMatchObject({ status: 'succeeded', counts: { fetched: 12, delivered: 12 } });
  expect(books.effects).toHaveLength(12);
  expect((await handle.describe()).runId).not.toBe(handle.firstExecutionRunId);
});
