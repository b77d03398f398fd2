import fc from 'fast-check';
import rest from '../../connectors/rest/index.ts';
import type { Page, Position, Source } from '../../model/connector/connector.ts';
import { isSyncFailure } from '../../model/failure/failure.ts';
import { isRecord, type Json } from '../../model/record/json.ts';
import { createTestEngine, type TestEngine } from '../support/engine.ts';
import { journalDestination } from '../support/journal.ts';
import { connectionTo, doorTo, httpTools } from '../support/tools.ts';
import { json, startServer } from '../support/with-server.ts';

type Pagination = Parameters<typeof rest.source>[1]['pagination'];

/** A list behind a server, which changes between two calls as it is told. */
let list: string[] = [];
let changes: ((list: readonly string[]) => string[])[] = [];
let calls: string[] = [];
/** How many records a page holds, whatever it is asked for. */
let pageSize = 3;
/** Where a page begins when it is asked for at this offset. */
let startOf = (offset: number): number => offset;

let server: Awaited<ReturnType<typeof startServer>>;
let http: ReturnType<typeof doorTo>;
beforeAll(async () => {
  server = await startServer((request, response) => {
    const { searchParams, search } = new URL(request.url ?? '/', 'http://x');
    calls.push(search);
    const page = searchParams.get('page');
    const from = page === null ? startOf(Number(searchParams.get('offset') ?? 0)) : (Number(page) - 1) * pageSize;
    const items = list.slice(from, from + pageSize).map((id) => ({ id, version: calls.length, value: id }));
    const answer = { items, total: list.length, pages: Math.ceil(list.length / pageSize) };
    list = changes.shift()?.(list) ?? list;
    json(response, answer);
  });
  http = doorTo(connectionTo({ address: server.address }, { timeoutMs: 600_000 }));
});
afterAll(async () => {
  http.close();
  await server.close();
});
beforeEach(() => {
  [list, changes, calls, pageSize, startOf] = [[], [], [], 3, (offset) => offset];
});

function open(pagination: Pagination): Source {
  const connection = connectionTo({ address: server.address });
  const settings = rest.connector.settings.parse(connection.settings);
  const options = rest.connector.source.options.parse({ path: '/items', records: '/items', pagination });
  return rest.connector.source.open({ ...connection, settings }, options, httpTools(http));
}

interface ReadSoFar {
  /** Ids, pass by pass. */
  readonly passes: readonly (readonly string[])[];
  /** The run says that records may have been passed over. */
  readonly said: boolean;
}

/**
 * Reads as the engine does: a few pages at a time, from a stored position, each page decoded again, and once more where
 * the source gave less than it had promised.
 */
async function readToEnd(source: Source, pagesAtOnce = 2): Promise<ReadSoFar> {
  const passes: string[][] = [[]];
  let said = false;
  let position: Position = null;
  for (let pages = 0; pages < 500; ) {
    const signal = new AbortController().signal;
    let taken = 0;
    pages++;
    for await (const page of patient(source.read({ position, since: null, signal, key: ['id'] }))) {
      expect(source.decode(page.body)).toEqual(page.records);
      passes.at(-1)?.push(...page.records.map(idOf));
      if (page.readsAgain) passes.push([]);
      said ||= page.notices?.some(({ code }) => code === 'READ_SHIFTED') ?? false;
      if (page.next === null) return { passes, said };
      position = JSON.parse(JSON.stringify(page.next));
      if (++taken === pagesAtOnce || page.readsAgain) break;
    }
  }
  throw new Error('the read does not end');
}

async function* patient(pages: AsyncIterable<Page>): AsyncGenerator<Page> {
  try {
    yield* pages;
  } catch (error) {
    if (!isSyncFailure(error) || error.code !== 'SOURCE_INCOMPLETE') throw error;
  }
}

const idOf = (record: Json): string => String(isRecord(record) ? record['id'] : record);
const ids = (count: number): string[] => Array.from({ length: count }, (_, index) => `r${index}`);
const without = (index: number) => (all: readonly string[]) => all.filter((_, at) => at !== index);
const lastPass = ({ passes }: ReadSoFar) => passes.at(-1) ?? [];

describe('a list that stays as it is', () => {
  test.each([
    ['offset', { kind: 'offset', total: '/total' }, ['?offset=0', '?offset=2', '?offset=4', '?offset=6']],
    ['offset without a total', { kind: 'offset' }, ['?offset=0', '?offset=2', '?offset=4', '?offset=6', '?offset=7']],
    ['number', { kind: 'page-number', total: '/total' }, ['?page=1', '?page=2', '?page=1', '?page=3', '?page=2']],
    [
      'number of pages',
      { kind: 'page-number', pages: '/pages' },
      ['?page=1', '?page=2', '?page=1', '?page=3', '?page=2'],
    ],
    [
      'number, appended only',
      { kind: 'page-number', pages: '/pages', appendOnly: true },
      ['?page=1', '?page=2', '?page=3'],
    ],
    [
      'offset, appended only',
      { kind: 'offset', total: '/total', appendOnly: true },
      ['?offset=0', '?offset=3', '?offset=6'],
    ],
  ] as const)('is read once by %s', async (_name, pagination, expected) => {
    list = ids(8);
    const read = await readToEnd(open(pagination));
    expect(read).toEqual({ passes: [ids(8)], said: false });
    expect(calls).toEqual(expected);
  });

  test.each([
    ['offset', { kind: 'offset', total: '/total' }],
    ['number', { kind: 'page-number', pages: '/pages' }],
  ] as const)('of one page costs one call by %s', async (_name, pagination) => {
    list = ids(2);
    expect((await readToEnd(open(pagination))).passes).toEqual([ids(2)]);
    expect(calls).toHaveLength(1);
  });

  test('is read to its end one record a page, where nothing could overlap', async () => {
    pageSize = 1;
    list = ids(3);
    expect(await readToEnd(open({ kind: 'offset' }))).toEqual({ passes: [ids(3)], said: false });
  });

  test('is read where the source rounds offsets to whole pages', async () => {
    startOf = (offset) => Math.floor(offset / pageSize) * pageSize;
    list = ids(11);
    expect(await readToEnd(open({ kind: 'offset', total: '/total' }))).toEqual({ passes: [ids(11)], said: false });
  });

  test('is read from 1 where offsets count so', async () => {
    startOf = (offset) => Math.max(0, offset - 1);
    list = ids(9);
    const read = await readToEnd(open({ kind: 'offset', first: 1, total: '/total' }));
    expect(read).toEqual({ passes: [ids(9)], said: false });
    expect(calls[0]).toBe('?offset=1');
  });

  test('is read whole though offsets count from 1 and nobody said so', async () => {
    startOf = (offset) => Math.max(0, offset - 1);
    list = ids(9);
    expect(await readToEnd(open({ kind: 'offset', total: '/total' }))).toEqual({ passes: [ids(9)], said: false });
  });
});

describe('a list that shifts while it is read', () => {
  test('is read again when the anchor has moved, and nothing is passed over', async () => {
    list = ids(9);
    changes = [(all) => [...all], without(0)];
    const read = await readToEnd(open({ kind: 'offset' }));
    expect(read.passes.length).toBe(2);
    expect(lastPass(read)).toEqual(ids(9).slice(1));
    expect(read.said).toBe(false);
  });

  test('is read again when the promised total has fallen, though the anchor is where it was', async () => {
    list = ids(9);
    // What was read goes, and what was not takes its place.
    changes = [(all) => [...all], ([_, ...all]) => ['r8', ...all.slice(0, -1)]];
    const read = await readToEnd(open({ kind: 'offset', total: '/total' }));
    expect(lastPass(read)).toContain('r8');
  });

  test('says so in the end when it never stops shifting', async () => {
    list = ids(30);
    changes = Array.from({ length: 20 }, () => without(0));
    const read = await readToEnd(open({ kind: 'offset' }));
    expect(read.passes.length).toBe(4);
    expect(read.said).toBe(true);
  });
});

describe('a run', () => {
  const destination = journalDestination({ upsert: true });
  let tests = 0;
  const missing = () => list.filter((id) => !destination.state.has(id));
  const noticesOf = async (run: string) =>
    (await engine.ledger.notices.ofRun(run)).map(({ code, outcome }) => `${code} ${outcome}`);
  let engine: TestEngine;
  let source: Source;
  beforeAll(async () => {
    const shifting: Source = {
      can: open({ kind: 'offset' }).can,
      read: (request) => source.read(request),
      decode: (body) => source.decode(body),
    };
    engine = await createTestEngine([{ name: 'list', source: shifting, destination }]);
  });
  afterAll(() => engine.close());
  beforeEach(() => {
    tests++;
    list = ids(1000).map((id) => `${tests}-${id}`);
    pageSize = 100;
  });

  test('whose pages went on shifting is partial, and its cursor stays (invariant 2)', async () => {
    source = open({ kind: 'offset', total: '/total' });
    changes = Array.from({ length: 20 }, () => without(0));
    const { run, status } = await engine.run('list');
    expect(status).toBe('partial');
    expect(await noticesOf(run)).toEqual(['READ_AGAIN told', 'READ_SHIFTED partial']);
    expect(await engine.ledger.positions.current('list')).toBeNull();
  });

  test('whose pages shifted once has read them again, delivered all of them, and says so', async () => {
    source = open({ kind: 'offset', total: '/total' });
    changes = [(all) => [...all], (all) => [...all], (all) => all.slice(30)];
    const { run, status } = await engine.run('list');
    expect(missing()).toEqual([]);
    expect(status).toBe('succeeded');
    expect(await noticesOf(run)).toEqual(['READ_AGAIN told']);
    expect(await engine.ledger.positions.current('list')).not.toBeNull();
  });

  test('whose list had no order is partial: what it read twice may stand for what it did not read', async () => {
    source = open({ kind: 'page-number', total: '/total' });
    // The first of the first page and the last of all change places, and no page ends otherwise.
    changes = [([first = '', ...all]) => [...all.slice(-1), ...all.slice(0, -1), first]];
    const { run, status } = await engine.run('list');
    expect(missing()).toEqual([`${tests}-r999`]);
    expect(status).toBe('partial');
    expect(await noticesOf(run)).toEqual(['PAGES_REPEAT partial']);
  });
});

/** Whatever was there during the whole read has been read, or something shows that it may not have been. */
async function expectHonest(pagination: Pagination, start: readonly string[], size: number, script: typeof changes) {
  list = [...start];
  pageSize = size;
  changes = [...script];
  const stayed = new Set(start);
  const note = (after: string[]): string[] => {
    for (const id of stayed) if (!after.includes(id)) stayed.delete(id);
    return after;
  };
  changes = script.map((change) => (all) => note(change(all)));
  const read = await readToEnd(open(pagination));
  const seen = new Set(read.passes.flat());
  const last = lastPass(read);
  const repeats = last.length - new Set(last).size;
  if (!read.said && repeats === 0) expect([...stayed].filter((id) => !seen.has(id))).toEqual([]);
}

describe('afterwards every record that was there all the time has been read, or the run says so,', () => {
  let added = 0;
  const place = fc.nat({ max: 40 });
  const remove = place.map((n) => (all: readonly string[]) => without(n % Math.max(1, all.length))(all));
  const insert = place.map((n) => (all: readonly string[]) => all.toSpliced(n % (all.length + 1), 0, `new${added++}`));
  const move = fc.tuple(place, place).map(([from, to]) => (all: readonly string[]) => {
    const id = all[from % Math.max(1, all.length)];
    return id === undefined ? [...all] : all.filter((one) => one !== id).toSpliced(to % all.length, 0, id);
  });
  const shuffle = fc.integer().map((seed) => (all: readonly string[]) => {
    const rank = (id: string) => [...id].reduce((sum, letter) => Math.imul(sum ^ letter.charCodeAt(0), 16777619), seed);
    return [...all].sort((a, b) => rank(a) - rank(b));
  });
  const nothing = fc.constant((all: readonly string[]) => [...all]);
  type Change = fc.Arbitrary<(all: readonly string[]) => string[]>;
  const scriptOf = (...kinds: Change[]) =>
    fc.array(
      fc
        .array(fc.oneof(...kinds), { maxLength: 2 })
        .map((some) => (all: readonly string[]) => some.reduce<string[]>((now, change) => change(now), [...all])),
      { maxLength: 12 },
    );

  const property = (pagination: Pagination, script: ReturnType<typeof scriptOf>) =>
    fc.assert(
      fc.asyncProperty(fc.nat({ max: 25 }), fc.integer({ min: 1, max: 5 }), script, (count, size, gaps) =>
        expectHonest(pagination, ids(count), size, gaps),
      ),
      { numRuns: 20 },
    );

  test.each([
    ['by offset', { kind: 'offset' }],
    ['by offset with a total', { kind: 'offset', total: '/total' }],
  ] as const)('%s, while others are deleted and inserted', async (_name, pagination) => {
    await property(pagination, scriptOf(remove, insert, nothing));
  });

  test.each([
    ['by number', { kind: 'page-number' }],
    ['by number with a total', { kind: 'page-number', total: '/total' }],
    ['by number of pages', { kind: 'page-number', pages: '/pages' }],
  ] as const)('%s, while others are deleted, or inserted', async (_name, pagination) => {
    await property(pagination, scriptOf(remove, nothing));
    await property(pagination, scriptOf(insert, nothing));
  });

  test.each([
    ['by offset', { kind: 'offset' }],
    ['by offset with a total', { kind: 'offset', total: '/total' }],
    ['by number', { kind: 'page-number' }],
    ['by number with a total', { kind: 'page-number', total: '/total' }],
    ['by number of pages', { kind: 'page-number', pages: '/pages' }],
  ] as const)('%s, while they change places or have no order at all', async (_name, pagination) => {
    await property(pagination, scriptOf(move, shuffle, nothing));
  });

  test.each([
    ['by offset with a total', { kind: 'offset', total: '/total' }],
    ['by number with a total', { kind: 'page-number', total: '/total' }],
  ] as const)('%s, while some are deleted and others change places', async (_name, pagination) => {
    await property(pagination, scriptOf(remove, move, shuffle, nothing));
  });
});
