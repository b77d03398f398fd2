import { randomUUID } from 'node:crypto';
import type { Mapped } from '../../model/mapping/mapping.ts';
import type { Json } from '../../model/record/json.ts';
import type { RunReport } from '../../model/sync/batch.ts';
import { unaccounted } from '../../model/sync/batch.ts';
import type { EntryChoice } from '../../platform/ledger/quarantine/entries.ts';
import { arraySource, createTestEngine, type TestEngine, type TestSync } from '../support/engine.ts';
import { journalDestination } from '../support/journal.ts';

const upsert = { upsert: true, lookupLagMs: 0 };
const order = (id: string, version: number, value = `v${version}`): Json => ({ id, version, value });

let engine: TestEngine;
async function engineFor(...syncs: TestSync[]): Promise<TestEngine> {
  engine = await createTestEngine(syncs);
  return engine;
}
afterEach(() => engine.close());

/** A mapping that a test can mend: what `refuses` holds is rejected. */
function mendable(refuses: Set<string>): (record: unknown) => Mapped {
  return (record) => {
    const { value } = record as { value: string };
    return refuses.has(value)
      ? { state: 'rejected', reason: `no ${value}`, field: '/value', rule: 'wanted' }
      : { state: 'mapped', record };
  };
}

async function replay(sync: string, choice = {}): Promise<RunReport> {
  const run = randomUUID();
  expect(await engine.ledger.quarantine.choose(sync, run, choice)).toBeGreaterThan(0);
  return engine.run(sync, { run, from: 'quarantine' });
}

const states = async (sync: string) =>
  (await engine.ledger.quarantine.list(sync, {})).map(({ key, state, reason }) => [key, state, reason]).sort();

test('after the mapping has been mended a replay delivers the stored records under their keys; the source is not read', async () => {
  const refuses = new Set(['v3', 'v5']);
  let records: readonly Json[] = [1, 2, 3, 4, 5].map((n) => order(`o${n}`, n));
  let reads = 0;
  const books = journalDestination(upsert);
  const { run, ledger } = await engineFor({
    name: 'mend',
    source: arraySource(() => {
      reads++;
      return records;
    }),
    destination: books,
    map: mendable(refuses),
    mode: 'incremental',
  });
  expect(await run('mend')).toMatchObject({ status: 'partial', counts: { quarantined: 2, delivered: 3 } });
  const watermark = async () => (await ledger.pool.query('select watermark from syncs')).rows;
  const before = await watermark();
  records = [];
  const readsBefore = reads;
  refuses.delete('v3');
  const report = await replay('mend');
  expect(report).toMatchObject({
    status: 'partial',
    counts: { fetched: 2, delivered: 1, quarantined: 1 },
    reconciled: { checked: 1, missing: 0, different: 0 },
  });
  expect(unaccounted(report.counts)).toBe(0);
  expect(reads).toBe(readsBefore);
  expect(await watermark()).toEqual(before);
  expect(books.state.get('o3')).toMatchObject({ id: 'o3', value: 'v3' });
  expect(await states('mend')).toEqual([
    ['o3', 'replayed', 'no v3'],
    ['o5', 'open', 'no v5'],
    ['o5', 'superseded', 'no v5'],
  ]);
  expect((await ledger.pool.query('select mode, trigger from runs order by started_at desc limit 1')).rows).toEqual([
    { mode: 'replay', trigger: 'test' },
  ]);
  refuses.clear();
  expect(await replay('mend', { key: 'o5' })).toMatchObject({ status: 'succeeded', counts: { delivered: 1 } });
  expect(await ledger.quarantine.reasons('mend', { state: 'open' })).toEqual([]);
});

test('invariant 5, newest wins: a replay of what was overtaken changes nothing at the destination', async () => {
  const refuses = new Set(['v1']);
  let records = [order('o1', 1), order('o2', 1, 'good')];
  const books = journalDestination(upsert);
  const { run, ledger } = await engineFor({
    name: 'late',
    source: arraySource(() => records),
    destination: books,
    map: mendable(refuses),
  });
  await run('late');
  records = [order('o1', 2)];
  await run('late');
  // As if the entry had not been resolved: the ledger alone has to hold it back.
  await ledger.pool.query(`update quarantine set state = 'open'`);
  refuses.clear();
  expect(await replay('late')).toMatchObject({ counts: { fetched: 1, superseded: 1, delivered: 0 } });
  expect(books.state.get('o1')).toMatchObject({ value: 'v2' });
});

test('a later version that arrives, or is there already, supersedes the open entry; an older one does not', async () => {
  const refuses = new Set(['bad']);
  let records = [order('o1', 5, 'bad'), order('o2', 5, 'bad'), order('o3', 5, 'bad'), order('o4', 1, 'same')];
  const { run } = await engineFor({
    name: 'later',
    source: arraySource(() => records),
    destination: journalDestination(upsert),
    map: (record) => {
      const mapped = mendable(refuses)(record);
      return mapped.state === 'mapped' ? { ...mapped, record: { ...(record as object), version: 0 } } : mapped;
    },
  });
  await run('later');
  records = [order('o1', 6, 'good'), order('o2', 4, 'good'), order('o4', 1, 'same')];
  await run('later');
  expect(await states('later')).toEqual([
    ['o1', 'superseded', 'no bad'],
    ['o2', 'open', 'no bad'],
    ['o3', 'open', 'no bad'],
  ]);
  records = [order('o4', 2, 'bad')];
  await run('later');
  expect(await states('later')).toContainEqual(['o4', 'open', 'no bad']);
  records = [order('o4', 3, 'same')];
  expect(await run('later')).toMatchObject({ counts: { unchanged: 1 } });
  expect(await states('later')).toContainEqual(['o4', 'superseded', 'no bad']);
});

test('an older version that is rejected later does not take the place of a newer one', async () => {
  let records = [order('o1', 5, 'bad')];
  const { run } = await engineFor({
    name: 'older',
    source: arraySource(() => records),
    destination: journalDestination(upsert),
    map: mendable(new Set(['bad', 'worse'])),
  });
  await run('older');
  records = [order('o1', 4, 'worse')];
  await run('older');
  expect(await states('older')).toEqual([
    ['o1', 'open', 'no bad'],
    ['o1', 'open', 'no worse'],
  ]);
});

test('of two records with one key and one version the later wins in a replay too', async () => {
  const refuses = new Set(['first', 'second']);
  const books = journalDestination(upsert);
  const { run } = await engineFor({
    name: 'twice',
    source: arraySource(() => [order('o1', 1, 'first'), order('o1', 1, 'second')]),
    destination: books,
    map: mendable(refuses),
  });
  await run('twice');
  refuses.clear();
  expect(await replay('twice')).toMatchObject({ counts: { fetched: 2, delivered: 1, superseded: 1 } });
  expect(books.state.get('o1')).toMatchObject({ value: 'second' });
});

test('what is dropped after it was chosen is accounted for, and what comes after it keeps its place', async () => {
  const refuses = new Set(['bad', 'worse']);
  const { run, ledger } = await engineFor({
    name: 'dropped',
    source: arraySource(() => [order('o1', 1, 'bad'), order('o2', 2, 'worse')]),
    destination: journalDestination(upsert),
    map: mendable(refuses),
  });
  await run('dropped');
  refuses.clear();
  await ledger.quarantine.choose('dropped', 'chosen', {});
  expect(await ledger.quarantine.drop('dropped', { key: 'o1' })).toBe(1);
  expect(await run('dropped', { run: 'chosen', from: 'quarantine' })).toMatchObject({
    counts: { fetched: 2, delivered: 1, quarantined: 1 },
  });
  expect((await states('dropped')).map(([key, state]) => [key, state])).toEqual([
    [null, 'open'],
    ['o1', 'dropped'],
    ['o2', 'replayed'],
  ]);
});

test('a record that is rejected run after run lies there once', async () => {
  const { run, ledger } = await engineFor({
    name: 'again',
    source: arraySource(() => [order('o1', 1, 'bad')]),
    destination: journalDestination(upsert),
    map: mendable(new Set(['bad'])),
  });
  await run('again');
  await run('again');
  await run('again');
  expect(await ledger.quarantine.reasons('again', { state: 'open' })).toMatchObject([{ records: 1 }]);
});

test('what the destination refused is kept as received, and a replay sends it through the mapping', async () => {
  const books = journalDestination(upsert);
  books.fate = (n, { items }) =>
    n === 1
      ? items.map(({ key }) =>
          key === 'o2' ? { state: 'rejected', code: 'RECORD_REJECTED', reason: 'too old' } : { state: 'confirmed' },
        )
      : 'done';
  const records = [order('o1', 1), order('o2', 2, 'two'), order('o3', 3)];
  const { run, ledger } = await engineFor({
    name: 'refused',
    source: arraySource(() => records),
    destination: books,
    map: (record) => ({ state: 'mapped', record: { ...(record as object), value: 'mapped' } }),
  });
  await run('refused');
  const [entry] = await ledger.quarantine.list('refused', { code: 'RECORD_REJECTED' });
  expect(JSON.parse(entry?.record ?? '')).toEqual(records[1]);
  expect(await replay('refused')).toMatchObject({ status: 'succeeded', counts: { delivered: 1 } });
  expect(books.state.get('o2')).toMatchObject({ id: 'o2', value: 'mapped' });
});

test('a replay of many batches, rejected records and records without a key, accounts for each', async () => {
  const refuses = new Set<string>(['bad', 'worse']);
  const bad = Array.from({ length: 25 }, (_, n) => order(`o${n}`, n, n % 5 === 0 ? 'worse' : 'bad'));
  const records: Json[] = [...bad, { version: 1, value: 'no key' }, { version: 2, value: 'no key' }];
  const { run, ledger } = await engineFor({
    name: 'many',
    source: arraySource(() => records),
    destination: journalDestination(upsert),
    map: mendable(refuses),
    policy: { batchRecords: 10, maxRejectedAtLeast: 5, maxRejectedShare: 1 },
  });
  await run('many');
  refuses.delete('bad');
  expect(await replay('many')).toMatchObject({
    status: 'partial',
    counts: { fetched: 27, delivered: 20, quarantined: 7 },
  });
  const count = async (state: 'open' | 'replayed' | 'superseded') =>
    (await ledger.quarantine.list('many', { state })).length;
  expect([await count('open'), await count('replayed'), await count('superseded')]).toEqual([7, 20, 7]);
  expect((await ledger.pool.query('select count(*)::int as left from replays')).rows).toEqual([{ left: 0 }]);
});

test('a replay of which most fails again does not halt: that is no sign of a changed source', async () => {
  const { run } = await engineFor({
    name: 'guarded',
    source: arraySource(() => Array.from({ length: 20 }, (_, n) => order(`o${n}`, n, n < 8 ? 'bad' : 'good'))),
    destination: journalDestination(upsert),
    map: mendable(new Set(['bad'])),
    policy: { maxRejectedAtLeast: 5, maxRejectedShare: 0.5 },
  });
  await run('guarded');
  expect(await replay('guarded')).toMatchObject({ status: 'partial', counts: { fetched: 8, quarantined: 8 } });
});

test('dropping removes the records, keeps the reasons, and touches only what was chosen', async () => {
  const records = [order('o1', 1, 'bad'), order('o2', 2, 'worse')];
  const { run, ledger } = await engineFor({
    name: 'drops',
    source: arraySource(() => records),
    destination: journalDestination(upsert),
    map: mendable(new Set(['bad', 'worse'])),
  });
  await run('drops');
  expect(await ledger.quarantine.drop('drops', { key: 'o1', rule: 'wanted', field: '/value' })).toBe(1);
  expect(await ledger.quarantine.drop('drops', { key: 'o1' })).toBe(0);
  expect(await ledger.quarantine.list('drops', { state: 'dropped' })).toMatchObject([{ key: 'o1', record: null }]);
  expect(await ledger.quarantine.list('drops', { state: 'open' })).toMatchObject([{ key: 'o2' }]);
});

test('entries are chosen by code, field, rule, key, time and number', async () => {
  const { run, ledger } = await engineFor({
    name: 'choices',
    source: arraySource(() => [order('o1', 1, 'bad'), order('o2', 2, 'bad')]),
    destination: journalDestination(upsert),
    map: mendable(new Set(['bad'])),
  });
  await run('choices');
  const choices: readonly [EntryChoice, number][] = [
    [{ code: 'MAPPING_REJECTED' }, 2],
    [{ code: 'KEY_MISSING' }, 0],
    [{ field: '/value' }, 2],
    [{ field: 'value' }, 2],
    [{ field: '/val' }, 0],
    [{ rule: 'wanted' }, 2],
    [{ rule: 'other' }, 0],
    [{ key: 'o2' }, 1],
    [{ since: '2020-01-01T00:00:00Z' }, 2],
    [{ since: '2999-01-01T00:00:00Z' }, 0],
    [{ state: 'dropped' }, 0],
    [{ limit: 1 }, 1],
  ];
  for (const [choice, found] of choices)
    expect([choice, (await ledger.quarantine.list('choices', choice)).length]).toEqual([choice, found]);
});

test('records are chosen by the run and batch that set them aside, and by time', async () => {
  const { run, ledger } = await engineFor({
    name: 'choose',
    source: arraySource(() => Array.from({ length: 25 }, (_, n) => order(`o${n}`, n))),
    destination: journalDestination(upsert),
    map: () => ({ state: 'rejected', reason: 'no', field: '/value', rule: 'wanted' }),
    policy: { batchRecords: 10, maxRejectedShare: 1 },
  });
  const first = (await run('choose')).run;
  const count = async (choice: EntryChoice) => (await ledger.quarantine.list('choose', choice)).length;
  expect(await count({ run: first, batch: 2 })).toBe(10);
  expect(await count({ batch: 3 })).toBe(5);
  expect(await count({ run: 'another' })).toBe(0);
  expect(await count({ until: '2026-01-01T00:00:00Z' })).toBe(0);
  expect(await ledger.quarantine.choose('choose', randomUUID(), { batch: 3, limit: 4 })).toBe(4);
});
