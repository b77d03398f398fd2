import { type Plan, planSync } from '../../engine/plan/plan.ts';
import type { Page, Source } from '../../model/connector/connector.ts';
import type { Json } from '../../model/record/json.ts';
import { arraySource, createTestEngine, type TestEngine, type TestSync } from '../support/engine.ts';
import { journalDestination } from '../support/journal.ts';

const order = (n: number, version = n, value = `v${n}`): Json => ({ id: `o${n}`, version, value });
const orders = (count: number): Json[] => Array.from({ length: count }, (_, n) => order(n));
const upsert = { upsert: true, lookupLagMs: 0 };

let engine: TestEngine | undefined;
async function engineFor(sync: TestSync) {
  engine = await createTestEngine([sync]);
  const { ledger, loaded, run, start } = engine;
  const world = {
    toolsFor: () => {
      throw new Error('a test endpoint needs no tools');
    },
  };
  const plan = (options: { full?: boolean; limit?: number } = {}): Promise<Plan> =>
    planSync({ world, ledger }, loaded(sync.name), {
      full: options.full ?? false,
      ...(options.limit === undefined ? {} : { limit: options.limit }),
      samples: 10,
      signal: new AbortController().signal,
      tell: () => {},
    });
  /** Runs what a plan says, as `run --plan` does. */
  const runPlan = async ({ hash, mode, batches, deletes }: Plan, id = 'planned') => {
    await ledger.plans.store({
      hash: hash ?? '',
      sync: sync.name,
      full: mode === 'full',
      batches,
      deletes: deletes?.fingerprint ?? null,
    });
    await ledger.plans.keepTo(id, hash ?? '');
    return (await start(sync.name, { run: id, full: mode === 'full' })).result();
  };
  return { ledger, run, plan, runPlan };
}
afterEach(async () => {
  await engine?.close();
  engine = undefined;
});

/** Rows of every table of the ledger. */
async function everything({ ledger }: Pick<TestEngine, 'ledger'>): Promise<unknown> {
  const { rows } = await ledger.pool.query<{ name: string }>(
    `select tablename as name from pg_tables where schemaname = 'syncline' order by 1`,
  );
  return Promise.all(rows.map(async ({ name }) => [name, (await ledger.pool.query(`select * from ${name}`)).rows]));
}

test('a plan says what a run then does, bucket by bucket, and writes nothing', async () => {
  const records: Json[] = [
    ...orders(40),
    { id: 'o1', version: 99, value: 'newer' },
    { version: 1, value: 'no key' },
    { id: 'bad\u001b[2J', version: 1 },
  ];
  const books = journalDestination(upsert);
  const { ledger, run, plan } = await engineFor({
    name: 'mixed',
    source: arraySource(() => records),
    destination: books,
    policy: { batchRecords: 20 },
    map: (record) =>
      (record as { id: string }).id === 'o5' ? { state: 'filtered', reason: 'no' } : { state: 'mapped', record },
  });
  const before = await everything({ ledger });
  const planned = await plan();
  expect(await everything({ ledger })).toEqual(before);
  expect(books.requests).toBe(0);
  expect(planned).toMatchObject({
    mode: 'full',
    create: 39,
    update: 1,
    counts: { fetched: 43, delivered: 40, filtered: 1, quarantined: 2, superseded: 0 },
    calls: { run: { pages: 5, writes: 3 } },
    halts: [],
  });
  expect(planned.rejects.map(({ code, records: count }) => [code, count])).toEqual([
    ['KEY_MISSING', 1],
    ['SOURCE_SCHEMA', 1],
  ]);
  const report = await run('mixed');
  expect(report.counts).toEqual(planned.counts);
  expect(books.requests).toBe(planned.calls.run.writes);
  expect(await plan()).toMatchObject({ create: 0, update: 0 });
});

test('an update is shown field by field, as the destination has it now', async () => {
  const records = orders(3);
  const books = journalDestination(upsert);
  const { run, plan } = await engineFor({
    name: 'fields',
    source: arraySource(() => records),
    destination: books,
    mode: 'incremental',
  });
  await run('fields');
  records[1] = order(1, 50, 'changed');
  books.state.set('o1', { id: 'o1', version: 1, value: 'edited by hand' });
  const planned = await plan();
  expect(planned).toMatchObject({ mode: 'incremental', since: 2, create: 0, update: 1, counts: { fetched: 2 } });
  expect(planned.samples).toEqual([
    {
      key: 'o1',
      op: 'update',
      read: true,
      fields: [
        { field: 'version', before: 1, after: 50 },
        { field: 'value', before: 'edited by hand', after: 'changed' },
      ],
    },
  ]);
});

test('the same changes have the same hash, other changes another, and a part of the records none', async () => {
  const records = orders(30);
  const { plan } = await engineFor({
    name: 'hashes',
    source: arraySource(() => records),
    destination: journalDestination(upsert),
  });
  const first = await plan();
  expect(first.hash).toMatch(/^[0-9a-f]{16}$/);
  expect((await plan()).hash).toBe(first.hash);
  expect(await plan({ limit: 7 })).toMatchObject({ hash: null, counts: { fetched: 7 }, create: 7 });
  records[29] = order(29, 29, 'other');
  expect((await plan()).hash).not.toBe(first.hash);
});

test('what is read after the last change and changes nothing leaves the hash of a plan as it is', async () => {
  const records = orders(10);
  const { plan } = await engineFor({
    name: 'trailing',
    source: arraySource(() => records),
    destination: journalDestination(upsert),
    policy: { batchRecords: 10 },
    map: (record) =>
      (record as { value: string }).value === 'no' ? { state: 'filtered', reason: 'no' } : { state: 'mapped', record },
  });
  const { hash } = await plan();
  records.push(...Array.from({ length: 15 }, (_, n) => order(100 + n, 100 + n, 'no')));
  expect(await plan()).toMatchObject({ hash, counts: { fetched: 25, filtered: 15 } });
});

test('a run that keeps to its plan does exactly that', async () => {
  const records = orders(50);
  const books = journalDestination(upsert);
  const { plan, runPlan } = await engineFor({
    name: 'kept',
    source: arraySource(() => records),
    destination: books,
    policy: { batchRecords: 20 },
  });
  expect(await runPlan(await plan())).toMatchObject({ status: 'succeeded', counts: { delivered: 50 } });
  expect(books.effects).toHaveLength(50);
});

test('a run that keeps to its plan goes on after a request whose answer was lost', async () => {
  const books = journalDestination(upsert);
  books.fate = (n) => (n === 1 ? 'lost after' : 'done');
  const { plan, runPlan } = await engineFor({
    name: 'lost',
    source: arraySource(() => orders(30)),
    destination: books,
    policy: { batchRecords: 20 },
  });
  expect(await runPlan(await plan())).toMatchObject({ status: 'succeeded', counts: { delivered: 30 } });
});

test.each([
  ['a record changed', (records: Json[]) => void records.splice(45, 1, order(45, 99, 'changed'))],
  ['a record came', (records: Json[]) => void records.push(order(50))],
  ['records went', (records: Json[]) => void records.splice(40, 10)],
  ['all records went', (records: Json[]) => void records.splice(0, 50)],
  ['all changed', (records: Json[]) => void records.splice(0, 50, ...orders(50).map((_, n) => order(n, 60, 'x')))],
])('a run refuses to do anything but its plan: %s', async (_what, change) => {
  const records = orders(50);
  const books = journalDestination(upsert);
  const { ledger, plan, runPlan } = await engineFor({
    name: 'refused',
    source: arraySource(() => records),
    destination: books,
    policy: { batchRecords: 20 },
  });
  const planned = await plan();
  change(records);
  await expect(runPlan(planned)).rejects.toThrow();
  expect((await ledger.reports.latestRuns('refused'))[0]).toMatchObject({
    status: 'failed',
    failureCode: 'PLAN_CHANGED',
  });
  const asPlanned = new Map(orders(50).map((record) => [JSON.stringify(record), true]));
  expect(books.effects.filter(({ json }) => !asPlanned.has(json))).toEqual([]);
});

test('a run whose source ends with an empty page refuses to do less than its plan', async () => {
  const records = orders(30);
  const inner = arraySource(() => records);
  const source: Source = {
    ...inner,
    async *read(request): AsyncIterable<Page> {
      for await (const page of inner.read(request)) yield page.next === null ? { ...page, next: records.length } : page;
      yield { body: Buffer.from('[]'), records: [], next: null };
    },
  };
  const sync = { name: 'ends', source, destination: journalDestination(upsert), policy: { batchRecords: 10 } };
  const { ledger, plan, runPlan } = await engineFor(sync);
  const planned = await plan();
  records.splice(20, 10);
  await expect(runPlan(planned)).rejects.toThrow();
  expect((await ledger.reports.latestRuns('ends'))[0]).toMatchObject({ status: 'failed', failureCode: 'PLAN_CHANGED' });
});

test('how the records differ from the source schema is told for all batches of a plan together', async () => {
  const { plan } = await engineFor({
    name: 'coloured',
    source: arraySource(() =>
      orders(40).map((one, n) => ({
        ...(one as object),
        ...(n > 4 && { colour: n < 20 ? 'red' : 7 }),
        ...(n % 10 === 0 && { value: n }),
      })),
    ),
    destination: journalDestination(upsert),
    policy: { batchRecords: 20 },
  });
  expect((await plan()).drift).toEqual([
    expect.objectContaining({ field: 'value', change: 'changed', records: 4, of: 40 }),
    { field: 'colour', change: 'new', found: 'number or text', records: 35, of: 40, breaking: false },
  ]);
});

test('batches on which a run would halt are named', async () => {
  const { plan } = await engineFor({
    name: 'drift',
    source: arraySource(() => Array.from({ length: 40 }, (_, n) => ({ id: `b${n}`, version: n }))),
    destination: journalDestination(upsert),
    policy: { maxRejectedAtLeast: 10, maxRejectedShare: 0.2, batchRecords: 20 },
  });
  expect(await plan()).toMatchObject({ halts: [1, 2], counts: { quarantined: 40 } });
});

test('rejects of the schema and rejects of the mapping are judged each by itself, as a run does', async () => {
  const { plan, run } = await engineFor({
    name: 'judged',
    source: arraySource(() => orders(20).map((one, n) => (n < 6 ? { id: `o${n}`, version: n } : one))),
    destination: journalDestination(upsert),
    policy: { maxRejectedAtLeast: 10, maxRejectedShare: 0.2 },
    map: (record) =>
      Number((record as { version: number }).version) < 12
        ? { state: 'rejected', reason: 'no', field: '/value', rule: 'wanted' }
        : { state: 'mapped', record },
  });
  expect(await plan()).toMatchObject({ halts: [], counts: { quarantined: 12 } });
  expect(await run('judged')).toMatchObject({ status: 'partial', counts: { quarantined: 12 } });
});

test('a plan names what would be deleted, and a run that keeps to it deletes just that, or nothing', async () => {
  let records = orders(10);
  const books = journalDestination(upsert);
  const { run, plan, runPlan } = await engineFor({
    name: 'gone',
    source: arraySource(() => records),
    destination: books,
    deletes: { maxShare: 0.1, atLeast: 2 },
  });
  await run('gone');
  records = orders(8);
  const planned = await plan({ full: true });
  expect(planned).toMatchObject({ counts: { deleted: 2 }, deletes: { records: 2, keys: ['o8', 'o9'] } });
  expect(planned.deletes?.guard).toContain('2 of 10 records');
  records = orders(7);
  expect((await plan({ full: true })).hash).not.toBe(planned.hash);
  await expect(runPlan(planned)).rejects.toThrow();
  expect(books.state.size).toBe(10);
  records = orders(8);
  const withoutDeletes = { ...planned, hash: '0123456789abcdef', deletes: null };
  expect(await runPlan(withoutDeletes, 'without')).toMatchObject({ counts: { deleted: 0 } });
  expect(books.state.size).toBe(10);
  // Whoever runs the plan has seen what it deletes: nobody is asked again.
  expect(await runPlan(planned, 'again')).toMatchObject({ status: 'succeeded', counts: { deleted: 2 } });
  expect(books.state.size).toBe(8);
  expect((await plan({ limit: 3 })).deletes).toBeNull();
});

test('plan and run agree on a key that comes again in a later batch, older or as it is', async () => {
  const records = [...orders(10), order(5, 3, 'old'), order(6), order(11)];
  const sync = { name: 'again', source: arraySource(() => records), destination: journalDestination(upsert) };
  const { run, plan } = await engineFor({ ...sync, policy: { batchRecords: 10 } });
  const planned = await plan({ full: true });
  expect(planned.update).toBe(0);
  expect((await run('again')).counts).toEqual(planned.counts);
});
