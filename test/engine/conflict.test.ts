import { SyncFailure } from '../../model/failure/failure.ts';
import type { Json } from '../../model/record/json.ts';
import { type ConflictFacts, judgeConflict } from '../../model/sync/conflict.ts';
import { arraySource, createTestEngine, type TestEngine, type TestSync } from '../support/engine.ts';
import { journalDestination } from '../support/journal.ts';
import { type TaggedSystem, taggedSystem } from '../support/tagged-system.ts';

let system: TaggedSystem;
let engine: TestEngine | undefined;
beforeEach(async () => {
  system = await taggedSystem();
});
afterEach(async () => {
  await engine?.close();
  engine = undefined;
  await system.close();
});

const record = (id: string, version: number, value: string) => ({ id, version, value });

/** Delivers `a` and `b`, then lets somebody else change `a`, then brings another version of it from the source. */
async function disputed(onConflict: TestSync['onConflict'], theirs: number, ours = 20) {
  let records: Json[] = [record('a', 1, 'first'), record('b', 1, 'first')];
  engine = await createTestEngine([
    {
      name: 'things',
      source: arraySource(() => records),
      destination: system.destination,
      ...(onConflict && { onConflict }),
    },
  ]);
  expect((await engine.run('things')).counts).toMatchObject({ delivered: 2 });
  system.change('a', record('a', theirs, 'theirs'));
  records = [record('a', ours, 'ours'), record('b', ours, 'ours')];
  const report = await engine.run('things');
  return { report, engine };
}

test('a record that somebody else changed is not written over: it is held for a person, and the others flow on', async () => {
  const { report, engine } = await disputed(undefined, 5);
  expect(report).toMatchObject({ status: 'partial', counts: { delivered: 1, quarantined: 1 } });
  expect(system.stored.get('a')?.record).toMatchObject({ value: 'theirs' });
  expect(system.writes).toEqual(['PUT a * 200', 'PUT b * 200', 'PUT a If-Match "1" 412', 'PUT b If-Match "2" 200']);
  expect(await engine.ledger.quarantine.list('things', {})).toMatchObject([{ key: 'a', code: 'CONFLICT' }]);
  // Whoever replays it has looked at it.
  await engine.ledger.quarantine.choose('things', 'replayed', {});
  expect((await engine.run('things', { run: 'replayed', from: 'quarantine' })).counts).toMatchObject({ delivered: 1 });
  expect(system.stored.get('a')?.record).toMatchObject({ value: 'ours' });
});

test('where the source wins, the record is written over what was read, and over nothing else', async () => {
  const { report } = await disputed('source-wins', 5);
  expect(report).toMatchObject({ status: 'succeeded', counts: { delivered: 2 }, reconciled: { different: 0 } });
  expect(system.stored.get('a')?.record).toMatchObject({ value: 'ours' });
  expect(system.writes.filter((write) => write.startsWith('PUT a'))).toEqual([
    'PUT a * 200',
    'PUT a If-Match "1" 412',
    'PUT a If-Match "3" 200',
  ]);
});

test.each([
  [30, 'theirs', { delivered: 1, superseded: 1 }],
  [10, 'ours', { delivered: 2, superseded: 0 }],
])(
  'where the newest wins, version %i of the destination against 20 of the source leaves %s',
  async (theirs, value, counts) => {
    const { report } = await disputed({ newestWins: 'version' }, theirs);
    expect(report).toMatchObject({ status: 'succeeded', counts });
    expect(system.stored.get('a')?.record).toMatchObject({ value });
  },
);

test('a record that was there before the first sync is not written over', async () => {
  system.change('a', record('a', 5, 'theirs'));
  system.change('b', record('b', 1, 'same'));
  engine = await createTestEngine([
    {
      name: 'first',
      source: arraySource(() => [record('a', 1, 'ours'), record('b', 1, 'same')]),
      destination: system.destination,
    },
  ]);
  // What is there in the same content is counted as delivered, without a second write.
  expect((await engine.run('first')).counts).toMatchObject({ delivered: 1, quarantined: 1 });
  expect(system.stored.get('a')?.record).toMatchObject({ value: 'theirs' });
  expect(system.writes).toEqual(['PUT a * 412', 'PUT b * 412']);
});

test('a write whose answer was lost is recognised when its replay is refused', async () => {
  let lost = false;
  system.before = () => {
    if (lost) return undefined;
    lost = true;
    return 'lost';
  };
  engine = await createTestEngine([
    { name: 'lost', source: arraySource(() => [record('a', 1, 'ours')]), destination: system.destination },
  ]);
  expect(await engine.run('lost')).toMatchObject({ status: 'succeeded', counts: { delivered: 1 } });
  expect(system.writes).toEqual(['PUT a * 200', 'PUT a * 412']);
});

test('a record that others keep changing is left to a person after three conflicts', async () => {
  let n = 100;
  engine = await createTestEngine([
    {
      name: 'busy',
      source: arraySource(() => [record('a', 1, 'ours')]),
      destination: system.destination,
      onConflict: 'source-wins',
    },
  ]);
  system.before = (key) => {
    system.change(key, record(key, n++, 'theirs'));
    return undefined;
  };
  expect(await engine.run('busy')).toMatchObject({ status: 'partial', counts: { quarantined: 1 } });
  expect(system.writes).toHaveLength(3);
});

test('a record that the destination lost is written as a new one where the source wins', async () => {
  let value = 'first';
  engine = await createTestEngine([
    {
      name: 'again',
      source: arraySource(() => [record('a', 1, value)]),
      destination: system.destination,
      onConflict: 'source-wins',
    },
  ]);
  await engine.run('again');
  system.stored.delete('a');
  value = 'second';
  expect((await engine.run('again')).counts).toMatchObject({ delivered: 1 });
  expect(system.writes.at(-1)).toBe('PUT a * 200');
});

test('a record whose tag was never seen is read before it is written over', async () => {
  let value = 'first';
  engine = await createTestEngine([
    { name: 'untagged', source: arraySource(() => [record('a', 1, value)]), destination: system.destination },
  ]);
  await engine.run('untagged');
  await engine.ledger.pool.query('delete from tags');
  value = 'second';
  expect((await engine.run('untagged')).counts).toMatchObject({ delivered: 1 });
  expect(system.writes).toEqual(['PUT a * 200', 'PUT a If-Match "1" 200']);
});

test('what is absent when a conflict is looked at may only not be visible yet: it is looked for twice', async () => {
  let looks = 0;
  const { destination } = system;
  system.change('a', record('a', 5, 'theirs'));
  engine = await createTestEngine([
    {
      name: 'hidden',
      source: arraySource(() => [record('a', 1, 'ours')]),
      destination: {
        ...destination,
        can: { ...destination.can, lookupLagMs: 50 },
        read: async (keys, signal) =>
          looks++ === 0 ? new Map() : ((await destination.read?.(keys, signal)) ?? new Map()),
      },
      onConflict: 'source-wins',
    },
  ]);
  expect((await engine.run('hidden')).counts).toMatchObject({ delivered: 1 });
  expect(system.writes).toEqual(['PUT a * 412', 'PUT a If-Match "1" 200']);
});

test('how many records a destination takes at once is learned, and remembered by the next run', async () => {
  const books = journalDestination({ upsert: true }, 100);
  const sizes: number[] = [];
  books.fate = (_n, { items }) => {
    sizes.push(items.length);
    if (items.length > 12) throw new SyncFailure('BATCH_LIMIT', 'too much', { effect: 'none' });
    return 'done';
  };
  let version = 1;
  engine = await createTestEngine([
    {
      name: 'small',
      source: arraySource(() => Array.from({ length: 40 }, (_, n) => record(`o${n}`, version, `v${version}`))),
      destination: books,
    },
  ]);
  await engine.run('small');
  expect(sizes).toEqual([40, 20, 10, 10, 20, 10, 10]);
  version = 2;
  sizes.length = 0;
  await engine.run('small');
  expect(sizes).toEqual([10, 10, 10, 10]);
});

test('what was learned of a destination is forgotten after a week: its limit may have been raised', async () => {
  const books = journalDestination({ upsert: true }, 100);
  const sizes: number[] = [];
  let most = 12;
  books.fate = (_n, { items }) => {
    sizes.push(items.length);
    if (items.length > most) throw new SyncFailure('BATCH_LIMIT', 'too much', { effect: 'none' });
    return 'done';
  };
  let version = 1;
  engine = await createTestEngine([
    {
      name: 'raised',
      source: arraySource(() => Array.from({ length: 20 }, (_, n) => record(`o${n}`, version, `v${version}`))),
      destination: books,
    },
  ]);
  const sizesOf = async () => {
    sizes.length = 0;
    await engine?.run('raised');
    version++;
    return [...sizes];
  };
  const learnedAgo = (age: string) =>
    engine?.ledger.pool.query('update syncs set request_records_at = now() - $1::interval', [age]);
  expect(await sizesOf()).toEqual([20, 10, 10]);
  most = 100;
  await learnedAgo('6 days');
  expect(await sizesOf()).toEqual([10, 10]);
  await learnedAgo('8 days');
  expect(await sizesOf()).toEqual([20]);
});

test('one record that is too large for the destination teaches nothing about the others', async () => {
  const books = journalDestination({ upsert: true }, 100);
  const sizes: number[] = [];
  books.fate = (_n, { items }) => {
    sizes.push(items.length);
    if (items.some(({ key }) => key === 'o0')) throw new SyncFailure('BATCH_LIMIT', 'too much', { effect: 'none' });
    return 'done';
  };
  let version = 1;
  engine = await createTestEngine([
    {
      name: 'large',
      source: arraySource(() => Array.from({ length: 8 }, (_, n) => record(`o${n}`, version, `v${version}`))),
      destination: books,
    },
  ]);
  expect((await engine.run('large')).counts).toMatchObject({ delivered: 7, quarantined: 1 });
  version = 2;
  sizes.length = 0;
  await engine.run('large');
  expect(sizes[0]).toBe(8);
});

const time = (value: number) => ({ kind: 'time', value }) as const;
const number = (value: number) => ({ kind: 'number', value }) as const;
const newest = { newestWins: '/at' };

test.each<[string, Partial<ConflictFacts>, string]>([
  ['the same content is there', { policy: 'hold', same: true, met: 9 }, 'there'],
  ['nobody may decide', { policy: 'hold' }, 'hold'],
  ['the source wins', { policy: 'source-wins' }, 'write'],
  ['the source wins over nothing', { policy: 'source-wins', found: undefined }, 'write'],
  ['it was met too often', { policy: 'source-wins', met: 3 }, 'hold'],
  ['theirs is newer', { policy: newest, found: { at: 7 }, ours: number(6) }, 'superseded'],
  ['theirs is older', { policy: newest, found: { at: 7 }, ours: number(8) }, 'write'],
  ['theirs is as old, by another hand', { policy: newest, found: { at: 7 }, ours: number(7) }, 'write'],
  ['theirs has no version', { policy: newest, found: {}, ours: number(7) }, 'hold'],
  ['a time against a number', { policy: newest, found: { at: 7 }, ours: time(7) }, 'hold'],
  ['ours has none', { policy: newest, found: { at: 7 }, ours: null }, 'hold'],
  ['nothing is there', { policy: newest, found: undefined, ours: null }, 'write'],
])('a conflict where %s', (_name, facts, verdict) => {
  expect(judgeConflict({ policy: 'hold', found: {}, same: false, ours: null, met: 1, ...facts })).toBe(verdict);
});
