import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { SyncFailure } from '../../model/failure/failure.ts';
import type { Json } from '../../model/record/json.ts';
import { areTakenBack, NewestOccurrence, type Occurrence } from '../../model/record/repeats.ts';
import { unaccounted } from '../../model/sync/batch.ts';
import { arraySource, createTestEngine, type TestEngine, type TestServers, type TestSync } from '../support/engine.ts';
import { type JournalDestination, journalDestination } from '../support/journal.ts';

const record = (id: string, value: string, version?: number): Json => ({
  id,
  ...(version !== undefined && { version }),
  value,
});
const others = (from: number, count: number, version?: number): Json[] =>
  Array.from({ length: count }, (_, n) => record(`o${from + n}`, `v${from + n}`, version));

let engine: TestEngine | undefined;
afterEach(async () => {
  await engine?.close();
  engine = undefined;
});

interface Play {
  readonly books: JournalDestination;
  run(options?: { full?: boolean }): Promise<{ sent: number; counts: object; status: string }>;
}

/** A sync in batches of four records, and what each run of it sends. */
async function play(
  records: () => readonly Json[],
  sync: Partial<TestSync> & { readonly can?: JournalDestination['can'] } = {},
  servers: TestServers = {},
): Promise<Play> {
  const books = journalDestination(sync.can ?? { upsert: true });
  engine = await createTestEngine(
    [
      {
        name: 'twice',
        source: arraySource(records, { pageSize: 4 }),
        destination: books,
        versioned: false,
        policy: { batchRecords: 4, readBack: 'all' },
        ...sync,
      },
    ],
    servers,
  );
  const { run } = engine;
  return {
    books,
    async run(options) {
      const before = books.effects.length;
      const { status, counts } = await run('twice', options);
      expect(unaccounted(counts)).toBe(0);
      return { sent: books.effects.length - before, counts, status };
    },
  };
}

const unchanged = (fetched: number, superseded: number) => ({
  sent: 0,
  status: 'succeeded',
  counts: { fetched, delivered: 0, unchanged: fetched - superseded, superseded },
});

describe('a key twice in one read, batches apart', () => {
  test.each([
    ['without versions the later stays', undefined, undefined, 'second'],
    ['of equal versions the later stays', 7, 7, 'second'],
    ['the newer stays that came later', 7, 8, 'second'],
    ['the newer stays that came first', 8, 7, 'first'],
  ] as const)('is decided as within a batch: %s, and the next run sends nothing', async (_, first, second, stays) => {
    const records = [
      record('twice', 'first', first),
      ...others(0, 7, first),
      record('twice', 'second', second),
      ...others(7, 5, first),
    ];
    const { books, run } = await play(() => records, { versioned: first !== undefined });
    expect((await run()).status).toBe('succeeded');
    expect(books.state.get('twice')).toMatchObject({ value: stays });
    for (let again = 0; again < 3; again++) expect(await run()).toMatchObject(unchanged(14, 1));
    expect(books.state.get('twice')).toMatchObject({ value: stays });
  });

  test('a change of either sends once what stays, and a change of none that stays sends nothing', async () => {
    let records = [record('twice', 'first'), ...others(0, 7), record('twice', 'second')];
    const { books, run } = await play(() => records);
    await run();
    records = [record('twice', 'first, changed'), ...others(0, 7), record('twice', 'second')];
    expect(await run()).toMatchObject(unchanged(9, 1));
    records = [record('twice', 'first, changed'), ...others(0, 7), record('twice', 'second, changed')];
    expect(await run()).toMatchObject({ sent: 1, counts: { delivered: 1, unchanged: 7, superseded: 1 } });
    expect(books.state.get('twice')).toMatchObject({ value: 'second, changed' });
    expect(await run()).toMatchObject(unchanged(9, 1));
  });

  test('a record that comes to one that is there is not sent by turns with it', async () => {
    let records = [record('twice', 'first'), ...others(0, 7)];
    const { books, run } = await play(() => records);
    await run();
    records = [...records, record('twice', 'second')];
    expect(await run()).toMatchObject({ sent: 1, counts: { delivered: 1 } });
    expect(await run()).toMatchObject(unchanged(9, 1));
    expect(await run()).toMatchObject(unchanged(9, 1));
    expect(books.state.get('twice')).toMatchObject({ value: 'second' });
  });

  test('three times, and in one batch twice of them, the last stays', async () => {
    const records = [
      record('twice', 'a'),
      ...others(0, 3),
      record('twice', 'b'),
      record('twice', 'c'),
      ...others(3, 6),
      record('twice', 'd'),
    ];
    const { books, run } = await play(() => records);
    expect(await run()).toMatchObject({ sent: 11, counts: { delivered: 11, superseded: 2 } });
    expect(books.state.get('twice')).toMatchObject({ value: 'd' });
    expect(await run()).toMatchObject(unchanged(13, 3));
  });

  test('what is left when one of them goes is delivered by the run that sees it', async () => {
    let records = [record('twice', 'first'), ...others(0, 7), record('twice', 'second')];
    const { books, run } = await play(() => records, { deletes: { maxShare: 0.5, atLeast: 2 } });
    await run();
    await run();
    records = records.slice(0, -1);
    expect(await run()).toMatchObject({ sent: 1, status: 'succeeded', counts: { delivered: 1, deleted: 0 } });
    expect(books.state.get('twice')).toMatchObject({ value: 'first' });
    expect(await run()).toMatchObject(unchanged(8, 0));
    records = records.slice(1);
    expect(await run()).toMatchObject({ counts: { deleted: 1 } });
    expect(books.state.has('twice')).toBe(false);
  });

  test('deletes leave it alone, in every run', async () => {
    const records = [record('twice', 'first'), ...others(0, 7), record('twice', 'second')];
    const { books, run } = await play(() => records, { deletes: { maxShare: 1, atLeast: 1 } });
    for (let again = 0; again < 3; again++) expect((await run()).counts).toMatchObject({ deleted: 0 });
    expect(books.state.get('twice')).toMatchObject({ value: 'second' });
  });

  test('an incremental run that reads neither of them, or both, sends nothing', async () => {
    const records = [record('twice', 'first', 5), ...others(0, 7, 5), record('twice', 'second', 5), ...others(7, 3, 5)];
    const { books, run } = await play(() => records, { mode: 'incremental', versioned: true });
    await run();
    for (const full of [false, true, false]) expect((await run({ full })).sent).toBe(0);
    expect(books.state.get('twice')).toMatchObject({ value: 'second' });
  });

  test.each([
    [1, 'lost after'],
    [2, 'lost after'],
    [4, 'lost before'],
    [4, 'lost after'],
    [4, 'refused'],
  ] as const)('request %i is %s, and its step that is done again decides nothing else', async (n, fate) => {
    const records = [record('twice', 'first'), ...others(0, 7), record('twice', 'second')];
    const { books, run } = await play(() => records, { can: { upsert: true, lookupLagMs: 0 } });
    books.fate = (request) => (request === n ? fate : 'done');
    expect(await run()).toMatchObject({ counts: { fetched: 9, delivered: 9 } });
    expect(books.state.get('twice')).toMatchObject({ value: 'second' });
    expect(await run()).toMatchObject(unchanged(9, 1));
  });

  test.each(['deliverBatch', 'reconcileRun'])(
    'each attempt at %s that dies at its end decides the same',
    async (step) => {
      const records = [record('twice', 'first'), ...others(0, 7), record('twice', 'second'), ...others(7, 3)];
      const tries = new Map<string, number>();
      const steps: NonNullable<TestServers['steps']> = (all) => {
        const work: (input: never) => Promise<unknown> = all[step as 'deliverBatch'];
        const dies = async (input: never) => {
          const done = await work(input);
          const name = JSON.stringify(input);
          tries.set(name, (tries.get(name) ?? 0) + 1);
          if (tries.get(name) === 1) throw new SyncFailure('LEDGER_UNAVAILABLE', 'died');
          return done;
        };
        return { ...all, [step]: dies };
      };
      const { books, run } = await play(() => records, {}, { steps });
      expect(await run()).toMatchObject({ sent: 12, counts: { delivered: 12, superseded: 0 } });
      expect(await run()).toMatchObject(unchanged(12, 1));
      expect(books.state.get('twice')).toMatchObject({ value: 'second' });
      expect([...tries.values()].every((count) => count > 1)).toBe(true);
    },
  );

  test('a record that the destination refuses when all has been read lies in quarantine, and the counts add up', async () => {
    const records = [record('twice', 'first'), ...others(0, 7), record('twice', 'second')];
    const { books, run } = await play(() => records);
    books.fate = (_, { items }) =>
      items.some(({ json }) => json.includes('second'))
        ? [{ state: 'rejected' as const, code: 'RECORD_REJECTED' as const, reason: 'no' }]
        : 'done';
    expect(await run()).toMatchObject({ status: 'partial', counts: { delivered: 8, quarantined: 1, superseded: 0 } });
    expect(books.state.get('twice')).toMatchObject({ value: 'first' });
    books.fate = () => 'done';
    expect(await run()).toMatchObject({ sent: 1, counts: { delivered: 1, unchanged: 7, superseded: 1 } });
    expect(await run()).toMatchObject(unchanged(9, 1));
  });

  test('a write in doubt that nothing can settle waits for a person, whose answer reaches it', async () => {
    const records = [record('twice', 'first'), ...others(0, 7), record('twice', 'second')];
    const { books } = await play(() => records, { can: {} });
    books.fate = (_n, { items }) => (items.some(({ json }) => json.includes('second')) ? 'lost after' : 'done');
    const handle = await engine?.start('twice');
    for (;;) {
      const state = (await handle?.query('status')) as { parked: { code: string } | null };
      if (state.parked) {
        expect(state.parked.code).toBe('OUTCOME_UNKNOWN');
        break;
      }
      await sleep(50);
    }
    await handle?.signal('skip');
    expect(await handle?.result()).toMatchObject({ counts: { delivered: 9, superseded: 0 } });
  });
});

test('of the records of one key the one stays that would stay within a batch', () => {
  const newest = (records: readonly Occurrence[]): Occurrence[] => {
    const found = new NewestOccurrence();
    const stay = records.flatMap((one) => found.add(one) ?? []);
    return found.last ? [...stay, found.last] : stay;
  };
  expect(newest([])).toEqual([]);
  const of = (key: string, seq: number, version: number | null): Occurrence => ({ key, seq, ordinal: 0, version });
  expect(newest([of('a', 1, 3), of('a', 2, 2), of('b', 1, 1), of('b', 4, 1), of('c', 2, 5), of('c', 3, null)])).toEqual(
    [of('a', 1, 3), of('b', 4, 1), of('c', 3, null)],
  );
  const occurrences = fc.array(fc.record({ key: fc.constantFrom('a', 'b'), version: fc.option(fc.nat(3)) }));
  fc.assert(
    fc.property(occurrences, (some) => {
      const records = some
        .map(({ key, version }, seq) => of(key, seq, version))
        .sort((x, y) => (x.key < y.key ? -1 : x.key > y.key ? 1 : x.seq - y.seq));
      expect(newest(records).map(({ key }) => key)).toEqual([...new Set(records.map(({ key }) => key))]);
    }),
  );
});

test.each([
  [999, 999, false],
  [1000, 1000, true],
  [1000, 2000, false],
  [1001, 2001, true],
  [0, 0, false],
])('%i of %i records that came back to what they were are changes that were taken back: %s', (back, records, taken) => {
  expect(areTakenBack(back, records)).toBe(taken);
});
