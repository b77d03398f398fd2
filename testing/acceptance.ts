import type { Connection } from '../model/connection/connection.ts';
import type {
  Connector,
  ConnectorTools,
  Destination,
  ItemOutcome,
  Page,
  Source,
  WriteItem,
} from '../model/connector/connector.ts';
import { type FailureCode, failures, isSyncFailure, type SyncFailure } from '../model/failure/failure.ts';
import type { Json, JsonRecord } from '../model/record/json.ts';
import { deliveryClass } from '../model/sync/delivery.ts';
import { type Sample, sample, samples, trickySamples } from './samples.ts';

/** A live system with an empty source and an empty destination in it. Every case gets one of its own. */
export interface LiveSystem {
  /** As connections.yaml would give it; `settings` not yet parsed. */
  readonly connection: Connection;
  readonly tools: ConnectorTools;
  /** Options as a sync file would give them. Pages are small: at most 10 records. */
  readonly source: unknown;
  readonly destination: unknown;
  /** Puts samples into the source; one with a known id replaces the earlier. */
  seed(samples: readonly Sample[]): Promise<void>;
  /** Everything that the destination holds, by key. */
  stored(): Promise<ReadonlyMap<string, Json>>;
  /** Makes the system unreachable. */
  takeDown(): Promise<void>;
  /** Releases all that was started; also after `takeDown`. */
  close(): Promise<void>;
}

/** One entry of the suite: what is known of a connector before a system of its kind is started. */
export interface Subject {
  readonly connector: Connector;
  setUp(): Promise<LiveSystem>;
  /** Keys that the schemas must insist on. */
  readonly required: {
    readonly settings: readonly string[];
    readonly source: readonly string[];
    readonly destination: readonly string[];
  };
  /** The code of every call while the system is down. */
  readonly whenDown: FailureCode;
  /** What the source gives for a sample. Default: the sample itself. */
  readonly asRead?: (sample: Sample) => JsonRecord;
  /** What the destination is given for a sample. Default: the sample itself. */
  readonly asRecord?: (sample: Sample) => JsonRecord;
  /** What `stored` and `read` must hold of a written record, at the least. Default: the record. */
  readonly asStored?: (sample: Sample) => JsonRecord;
  /** The value of the version field that `since` is compared with. Default: `updated` of the sample. */
  readonly sinceOf?: (sample: Sample) => string | number;
  /** A record that the destination refuses for itself. */
  readonly badRecord?: () => JsonRecord;
  /** Cases that cannot apply, each with its reason: listed as skipped. */
  readonly cannot?: Partial<Record<CaseName, string>>;
}

/** Cases that not every kind of system can pass. */
export type CaseName = 'incremental' | 'by key' | 'bad record' | 'delete' | 'read back' | 'retry when down';

/**
 * The definition of a connector: every connector passes every case, or says why a case cannot apply to it.
 * Adding a connector is one call.
 */
export function acceptance(name: string, subject: Subject): void {
  describe(`connector ${name}`, () => {
    let system: LiveSystem;
    beforeEach(async () => {
      system = await subject.setUp();
    });
    afterEach(async () => {
      await system.close();
    });
    const given = { subject, system: () => system };
    settingsCases(given);
    sourceCases(given);
    destinationCases(given);
    downCases(given);
  });
}

interface Given {
  readonly subject: Subject;
  readonly system: () => LiveSystem;
}

function settingsCases({ subject, system }: Given): void {
  const schemas = {
    settings: { schema: subject.connector.settings, written: () => system().connection.settings },
    source: { schema: subject.connector.source.options, written: () => system().source },
    destination: { schema: subject.connector.destination.options, written: () => system().destination },
  };
  for (const part of ['settings', 'source', 'destination'] as const) {
    const { schema, written } = schemas[part];
    test(`accepts its ${part} as written`, () => {
      expect(schema.safeParse(written())).toMatchObject({ success: true });
    });
    test(`refuses an unknown key in its ${part}`, () => {
      expect(schema.safeParse({ ...objectOf(written()), notAnOption: 1 }).success).toBe(false);
    });
    for (const key of subject.required[part])
      test(`refuses its ${part} without \`${key}\``, () => {
        const { [key]: _removed, ...rest } = objectOf(written());
        expect(schema.safeParse(rest).success).toBe(false);
      });
  }
}

function sourceCases(given: Given): void {
  const { subject, system } = given;
  const asRead = subject.asRead ?? asIs;
  const open = () => openSource(subject, system());

  test('reads all pages, each record once', async () => {
    await system().seed(samples(35));
    const pages = await readAll(open());
    expect(pages.length).toBeGreaterThan(1);
    expect(byId(pages.flatMap(({ records }) => records))).toEqual(byId(samples(35).map(asRead)));
    expect(pages.at(-1)?.next).toBeNull();
    expect(pages.slice(0, -1).every(({ next }) => next !== null)).toBe(true);
  });

  test('reads an empty source to its end', async () => {
    const pages = await readAll(open());
    expect(pages.flatMap(({ records }) => records)).toEqual([]);
    expect(pages.at(-1)?.next ?? null).toBeNull();
  });

  test('goes on from the position of every page without a loss or a double', async () => {
    await system().seed(samples(35));
    const whole = await readAll(open());
    const ids = whole.map(({ records }) => records.map(idOf));
    for (const [index, page] of whole.entries()) {
      if (page.next === null) continue;
      const stored = JSON.parse(JSON.stringify(page.next));
      const rest = await readAll(open(), stored);
      expect([...ids.slice(0, index + 1).flat(), ...rest.flatMap(({ records }) => records.map(idOf))]).toEqual(
        ids.flat(),
      );
    }
  });

  test('keeps a position small', async () => {
    await system().seed(samples(35));
    for (const { next } of await readAll(open())) expect(JSON.stringify(next).length).toBeLessThan(4096);
  });

  test('decodes a staged page to the same records, every time', async () => {
    await system().seed([...samples(12), ...trickySamples()]);
    const source = open();
    for (const page of await readAll(source)) {
      expect(source.decode(page.body)).toEqual(page.records);
      expect(open().decode(Buffer.from(page.body))).toEqual(page.records);
    }
  });

  test('gives unicode, empty texts, nulls, nested values and long numbers as they are', async () => {
    await system().seed(trickySamples());
    const records = (await readAll(open())).flatMap(({ records }) => records);
    expect(byId(records)).toEqual(byId(trickySamples().map(asRead)));
  });

  test('ends promptly when the signal is given', async () => {
    await system().seed(samples(35));
    const stop = new AbortController();
    const pages = open().read({ position: null, since: null, signal: stop.signal })[Symbol.asyncIterator]();
    expect((await pages.next()).done).toBe(false);
    stop.abort(new Error('the reader has gone'));
    const after = await pages.next().then(
      ({ done }) => (done ? 'ended' : 'another page'),
      () => 'ended',
    );
    expect(after).toBe('ended');
  });

  test('lets a reader leave after any page', async () => {
    await system().seed(samples(35));
    let seen = 0;
    for await (const page of open().read({ position: null, since: null, signal: never() })) {
      seen += page.records.length;
      if (seen > 10) break;
    }
    expect(seen).toBeGreaterThan(0);
  });

  caseOf(given, 'incremental', 'reads only what changed at or after a version', async () => {
    const all = samples(35);
    await system().seed(all);
    const source = open();
    expect(source.can.incremental).toBe(true);
    const since = (subject.sinceOf ?? ((one: Sample) => one.updated))(sample(20));
    const records = (await readAll(source, null, since)).flatMap(({ records }) => records);
    expect(byId(records)).toEqual(byId(all.filter(({ updated }) => updated >= sample(20).updated).map(asRead)));
  });

  caseOf(
    given,
    'by key',
    'reads records by key as a whole read gives them, and leaves out what is not there',
    async () => {
      await system().seed(samples(35));
      const source = open();
      const keys = [['not-there'], [sample(3).id], [sample(17).id], [sample(30).id]];
      const asked = await source.readKeys?.({ fields: ['/id'], keys, signal: never() });
      const wanted = new Set(keys.flat());
      const all = (await readAll(source)).flatMap(({ records }) => records);
      const expected = all.filter((record) => wanted.has(String((record as JsonRecord)['id'])));
      expect(expected).toHaveLength(3);
      expect(byId((asked ?? []).filter((record) => wanted.has(String((record as JsonRecord)['id']))))).toEqual(
        byId(expected),
      );
    },
  );
}

function destinationCases(given: Given): void {
  const { subject, system } = given;
  const asStored = subject.asStored ?? asIs;
  const open = () => openDestination(subject, system());
  const write = (destination: Destination, items: readonly WriteItem[], id = 'request-1') =>
    writeAll(destination, items, id);
  const itemOf = (one: Sample) => upsert(subject, one);

  test('writes records, which are then there', async () => {
    const list = samples(7);
    const outcomes = await write(open(), list.map(itemOf));
    expect(outcomes.map(({ state }) => state)).toEqual(list.map(() => 'confirmed'));
    await expectStored(system(), list.map(asStored));
  });

  test('stores unicode, empty texts, nulls, nested values and long numbers as they are', async () => {
    const list = trickySamples();
    await write(open(), list.map(itemOf));
    await expectStored(system(), list.map(asStored));
  });

  test('leaves one of each when the same request is written twice', async () => {
    const destination = open();
    const list = samples(7);
    await write(destination, list.map(itemOf));
    if (!['T1', 'T2', 'T3'].includes(deliveryClass(destination.can))) return;
    const again = await write(open(), list.map(itemOf));
    expect(again.map(({ state }) => state)).toEqual(list.map(() => 'confirmed'));
    await expectStored(system(), list.map(asStored));
  });

  test('keeps what it holds when other records are written', async () => {
    const list = samples(7);
    await write(open(), list.slice(0, 4).map(itemOf));
    await write(open(), list.slice(4).map(itemOf), 'request-2');
    await expectStored(system(), list.map(asStored));
  });

  test('has the later content of a record that is written again', async () => {
    const destination = open();
    const list = samples(3);
    const written = await write(destination, list.map(itemOf));
    if (!destination.can.transaction && !destination.can.upsert) return;
    const changed = list.map((one) => ({ ...one, name: `${one.name}, changed` }));
    const items = changed.map((one, index) => ({ ...itemOf(one), destinationId: idIn(written[index]), exists: true }));
    await write(open(), items, 'request-2');
    await expectStored(system(), changed.map(asStored));
  });

  test('refuses or splits a request that is larger than its limits', async () => {
    const destination = open();
    const list = samples(Math.min(destination.limits.records + 1, 20_000));
    const outcome = await destination.write(requestOf('too-large', list.map(itemOf))).catch((error: unknown) => error);
    if (Array.isArray(outcome)) expect(outcome.length).toBe(list.length);
    else expect(outcome).toMatchObject({ code: 'BATCH_LIMIT', effect: 'none' });
  });

  test('answers nothing for no items', async () => {
    expect(await open().write(requestOf('empty', []))).toEqual([]);
  });

  caseOf(given, 'read back', 'reads back what it wrote, and leaves out what is not there', async () => {
    const destination = open();
    const list = samples(7);
    const written = await write(destination, list.map(itemOf));
    const asked = list.map((one, index) => askedBy(destination, one, written[index]));
    const found = await destination.read?.([...asked, 'not-there'], never());
    expect([...(found?.keys() ?? [])].sort()).toEqual([...asked].sort());
    for (const [index, one] of list.entries())
      expect(found?.get(asked[index] ?? '')?.record).toMatchObject(asStored(one));
  });

  caseOf(given, 'bad record', 'refuses a bad record alone, and says why', async () => {
    const bad = { key: 'bad', op: 'upsert', json: JSON.stringify(subject.badRecord?.()), destinationId: null } as const;
    const [first, second] = samples(2);
    const outcomes = await write(open(), [itemOf(first ?? sample(1)), bad, itemOf(second ?? sample(2))]);
    expect(outcomes.map(({ state }) => state)).toEqual(['confirmed', 'rejected', 'confirmed']);
    const rejected = outcomes[1];
    expect(rejected?.state === 'rejected' && rejected.reason.length).toBeGreaterThan(0);
    await expectStored(system(), samples(2).map(asStored));
  });

  caseOf(given, 'delete', 'deletes by key, and a second time without complaint', async () => {
    const destination = open();
    const list = samples(4);
    const written = await write(destination, list.map(itemOf));
    const removal = list.slice(0, 2).map((one, index) => deletion(one, written[index]));
    for (const id of ['request-2', 'request-3'])
      expect((await write(destination, removal, id)).map(({ state }) => state)).toEqual(['confirmed', 'confirmed']);
    await expectStored(system(), list.slice(2).map(asStored));
  });

  test('stops a write when the signal is given before it', async () => {
    const stop = AbortSignal.abort(new Error('the writer has gone'));
    const request = { ...requestOf('late', [itemOf(sample(1))]), signal: stop };
    await expect(open().write(request)).rejects.toThrow();
    expect((await system().stored()).size).toBe(0);
  });
}

function downCases(given: Given): void {
  const { subject, system } = given;
  const expectDown = (failure: SyncFailure) => {
    expect(failure.code).toBe(subject.whenDown);
    if (subject.cannot?.['retry when down'] === undefined) expect(failures[failure.code].next).toBe('retry');
    expect(failure.effect).toBe('none');
  };

  test('checks the system and names it', async () => {
    const line = await check(subject, system());
    expect(line).toContain(system().connection.name);
    expect(line).not.toContain('\n');
  });

  test('says with a code that the system is down, when checking', async () => {
    await system().takeDown();
    expectDown(await failureOf(check(subject, system())));
  });

  test('says with a code that the system is down, when reading', async () => {
    await system().seed(samples(3));
    const source = openSource(subject, system());
    await system().takeDown();
    expectDown(await failureOf(readAll(source)));
  });

  test('says with a code that the system is down, and that nothing was written, when writing', async () => {
    const destination = openDestination(subject, system());
    await system().takeDown();
    expectDown(await failureOf(destination.write(requestOf('down', [upsert(subject, sample(1))]))));
  });
}

function caseOf({ subject }: Given, name: CaseName, title: string, body: () => Promise<void>): void {
  const reason = subject.cannot?.[name];
  if (reason === undefined) test(title, body);
  else test.skip(`${title} (${reason})`, body);
}

function openSource(subject: Subject, system: LiveSystem): Source {
  const { connector } = subject;
  const options = connector.source.options.parse(system.source);
  return connector.source.open(connectionOf(subject, system), options, system.tools);
}

function openDestination(subject: Subject, system: LiveSystem): Destination {
  const { connector } = subject;
  const options = connector.destination.options.parse(system.destination);
  return connector.destination.open(connectionOf(subject, system), options, system.tools);
}

const check = (subject: Subject, system: LiveSystem): Promise<string> =>
  subject.connector.check(connectionOf(subject, system), system.tools, never());

const connectionOf = (subject: Subject, { connection }: LiveSystem) => ({
  ...connection,
  settings: subject.connector.settings.parse(connection.settings),
});

async function readAll(source: Source, position: Json = null, since: string | number | null = null): Promise<Page[]> {
  const pages: Page[] = [];
  for await (const page of source.read({ position, since, signal: never() })) pages.push(page);
  return pages;
}

/** Writes as the engine does: in order, in requests of the destination's size, each with an id of its own. */
async function writeAll(destination: Destination, items: readonly WriteItem[], id: string): Promise<ItemOutcome[]> {
  const outcomes: ItemOutcome[] = [];
  for (let at = 0; at < items.length; at += destination.limits.records) {
    const part = items.slice(at, at + destination.limits.records);
    outcomes.push(...(await destination.write(requestOf(`${id}-${at}`, part))));
  }
  return outcomes;
}

const requestOf = (id: string, items: readonly WriteItem[]) => ({
  id,
  fence: { sync: 'acceptance', number: 1 },
  items,
  signal: never(),
});

const upsert = (subject: Subject, one: Sample): WriteItem => ({
  key: one.id,
  op: 'upsert',
  json: JSON.stringify((subject.asRecord ?? asIs)(one)),
  destinationId: null,
});

/** What the engine reads a record back by. */
const askedBy = ({ readsBy }: Destination, one: Sample, written: ItemOutcome | undefined): string =>
  readsBy === 'key' ? one.id : (idIn(written) ?? one.id);

const idIn = (written: ItemOutcome | undefined): string | null =>
  written?.state === 'confirmed' ? (written.id ?? null) : null;

const deletion = (one: Sample, written: ItemOutcome | undefined): WriteItem => ({
  key: one.id,
  op: 'delete',
  json: '',
  destinationId: idIn(written),
});

async function expectStored(system: LiveSystem, records: readonly JsonRecord[]): Promise<void> {
  const stored = await system.stored();
  expect([...stored.keys()].sort()).toEqual(records.map(idOf).sort());
  for (const record of records) expect(stored.get(String(idOf(record)))).toMatchObject(record);
}

async function failureOf(work: Promise<unknown>): Promise<SyncFailure> {
  const error = await work.then(
    () => new Error('it did not fail'),
    (reason: unknown) => reason,
  );
  if (!isSyncFailure(error)) throw error;
  return error;
}

const never = (): AbortSignal => new AbortController().signal;
const asIs = (one: Sample): JsonRecord => ({ ...one });
const idOf = (record: Json): Json => objectOf(record)['id'] as Json;
const byId = (records: readonly Json[]): Json[] =>
  [...records].sort((a, b) => (String(idOf(a)) < String(idOf(b)) ? -1 : 1));
const objectOf = (value: unknown): Record<string, unknown> => ({ ...(value as Record<string, unknown>) });
