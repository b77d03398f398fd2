import { randomUUID } from 'node:crypto';
import type { Json } from '../../model/record/json.ts';
import { arraySource, createTestEngine, type TestEngine, type TestSync } from '../support/engine.ts';
import { journalDestination } from '../support/journal.ts';

const order = (n: number, version = n): Json => ({ id: `o${n}`, version, value: `v${version}` });
const orders = (count: number): Json[] => Array.from({ length: count }, (_, n) => order(n));
const upsert = { upsert: true, lookupLagMs: 0 };
const refused = { state: 'rejected', reason: 'no', field: '/value', rule: 'w' } as const;

let engine: TestEngine;
afterEach(() => engine.close());

const refusing = (name: string, records: () => Json[]): TestSync => ({
  name,
  source: arraySource(records),
  destination: journalDestination(upsert),
  map: () => refused,
  policy: { maxRejectedShare: 1, batchRecords: 10 },
});

test('dropping and choosing entries keep to their sync and to the limit: the oldest goes first', async () => {
  engine = await createTestEngine(['a', 'b'].map((name) => refusing(name, () => orders(3))));
  await engine.run('a');
  await engine.run('b');
  const { quarantine } = engine.ledger;
  expect(await quarantine.drop('a', { limit: 1 })).toBe(1);
  const keys = async (sync: string) => (await quarantine.list(sync, { state: 'open' })).map(({ key }) => key).sort();
  expect(await keys('a')).toEqual(['o1', 'o2']);
  expect(await keys('b')).toEqual(['o0', 'o1', 'o2']);
  expect(await quarantine.choose('a', randomUUID(), {})).toBe(2);
});

test('of a key that is rejected in two batches of a run one entry is open', async () => {
  engine = await createTestEngine([refusing('twice', () => [...orders(10), order(1, 11)])]);
  await engine.run('twice');
  expect(await engine.ledger.quarantine.list('twice', { state: 'open', key: 'o1' })).toHaveLength(1);
});

test('a replay of more entries than a page holds replays each of them', async () => {
  let mended = false;
  engine = await createTestEngine([
    {
      name: 'many',
      source: arraySource(() => orders(1_001), { pageSize: 500 }),
      destination: journalDestination(upsert, 500),
      map: (record) => (mended ? { state: 'mapped', record } : refused),
      policy: { maxRejectedShare: 1 },
    },
  ]);
  await engine.run('many');
  mended = true;
  const run = randomUUID();
  expect(await engine.ledger.quarantine.choose('many', run, {})).toBe(1_001);
  const report = await engine.run('many', { run, from: 'quarantine' });
  expect(report.counts).toMatchObject({ fetched: 1_001, delivered: 1_001 });
  expect(await engine.ledger.quarantine.list('many', { state: 'open' })).toEqual([]);
}, 60_000);
