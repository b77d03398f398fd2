import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { z } from 'zod';
import { postgres } from '../../connectors/postgres/index.ts';
import { compareSync, differingBuckets } from '../../engine/compare/compare.ts';
import type { Destination } from '../../model/connector/connector.ts';
import type { Json } from '../../model/record/json.ts';
import type { RunState } from '../../model/sync/run-state.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { arraySource, createTestEngine, type TestEngine, type TestSync } from '../support/engine.ts';
import { journalDestination } from '../support/journal.ts';
import { postgresConnection, sqlTools } from '../support/postgres-system.ts';

let database: TestDatabase;
let client: pg.Client;
let tools: ReturnType<typeof sqlTools>;
let engine: TestEngine | undefined;
beforeEach(async () => {
  database = await createTestDatabase();
  client = new pg.Client({ connectionString: database.url });
  await client.connect();
  tools = sqlTools(database.url);
  await client.query(
    'CREATE TABLE item (id text PRIMARY KEY, value text, amount numeric(8,2), at timestamptz, note text)',
  );
});
afterEach(async () => {
  await engine?.close();
  engine = undefined;
  await tools.close();
  await client.end();
  await database.drop();
});

const record = z.object({ id: z.string(), version: z.number(), value: z.string() });
const item = (n: number, value = `v${n}`): Json => ({ id: `i${n}`, version: 1, value });
const items = (count: number): Json[] => Array.from({ length: count }, (_, n) => item(n));

const table = (verify?: 'checksums'): Destination => {
  const connection = postgresConnection(database.url);
  return postgres.connector.destination.open(
    { ...connection, settings: postgres.connector.settings.parse(connection.settings) },
    postgres.connector.destination.options.parse({ table: 'item', key: 'id', ...(verify ? { verify } : {}) }),
    tools,
  );
};

/** A sync into the table, whose records have values that PostgreSQL stores in another form. */
async function engineFor(sync: Pick<TestSync, 'source' | 'destination'> & Partial<TestSync>) {
  engine = await createTestEngine([
    {
      name: 'items',
      from: record,
      map: (from) => {
        const { id, value } = record.parse(from);
        return { state: 'mapped', record: { id, value, amount: '12.5', at: '2026-03-01T10:00:00Z' } };
      },
      to: z.object({ id: z.string(), value: z.string(), amount: z.string(), at: z.string() }),
      ...sync,
    },
  ]);
  const { ledger, loaded, run, start } = engine;
  const world = {
    toolsFor: () => {
      throw new Error('a test endpoint needs no tools');
    },
  };
  const compare = () =>
    compareSync({ world, ledger }, loaded('items'), { signal: new AbortController().signal, tell: () => {} });
  const found = async () => {
    const { by, checked, missing, different, extra } = await compare();
    return { by, checked, missing: missing.length, different: different.length, extra };
  };
  const repair = async () => {
    const { missing, different } = await compare();
    const { syncId } = await ledger.plans.standing('items');
    const id = randomUUID();
    const marked = await ledger.compare.markForRepair(syncId, [...missing, ...different], id);
    return { ...marked, counts: (await run('items', { run: id, from: 'repair' })).counts };
  };
  const removing = async (): Promise<Awaited<ReturnType<typeof start>>> => {
    const id = randomUUID();
    await ledger.deletes.chooseExtras(id, (await compare()).extras);
    return start('items', { run: id, full: true });
  };
  return { run: () => run('items', { full: true }), compare, found, repair, removing, ledger };
}

const agreed = { missing: 0, different: 0, extra: 0 };

test('ten differences among many rows are found by their buckets and mended alone', async () => {
  const { run, compare, found, repair } = await engineFor({
    source: arraySource(() => items(5000), { pageSize: 1000 }),
    destination: table('checksums'),
  });
  await run();
  expect(await found()).toEqual({ by: 'checksums', checked: 5000, ...agreed });
  await client.query(`UPDATE item SET value = 'by hand' WHERE id IN ('i1', 'i2', 'i3', 'i4');
    DELETE FROM item WHERE id IN ('i10', 'i11', 'i12'); INSERT INTO item VALUES ('x1'), ('x2'), ('x3');
    UPDATE item SET note = 'a column of somebody else'`);
  const comparison = await compare();
  expect(comparison.different.map(({ key }) => key).sort()).toEqual(['i1', 'i2', 'i3', 'i4']);
  expect(comparison.missing.map(({ key }) => key).sort()).toEqual(['i10', 'i11', 'i12']);
  expect(comparison).toMatchObject({
    extra: 3,
    extras: ['x1', 'x2', 'x3'].map((id) => ({ key: id, id })),
    transferred: { records: 0 },
  });
  expect(comparison.transferred.keys).toBeLessThan(7 * 150);
  expect(await repair()).toMatchObject({
    marked: 7,
    givenUp: 0,
    counts: { fetched: 7, delivered: 7 },
  });
  expect(await found()).toEqual({ by: 'checksums', checked: 5000, missing: 0, different: 0, extra: 3 });
  expect((await client.query(`SELECT count(*)::int AS n FROM item WHERE value LIKE 'v%'`)).rows).toEqual([{ n: 5000 }]);
});

test('a destination that stores values in another form is no difference, and one restored from an old copy is', async () => {
  let records = items(50);
  await client.query(`CREATE FUNCTION trim_value() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN NEW.value := upper(NEW.value) || ' '; RETURN NEW; END $$;
    CREATE TRIGGER normalise BEFORE INSERT OR UPDATE ON item FOR EACH ROW EXECUTE FUNCTION trim_value();`);
  const { run, compare, found } = await engineFor({
    source: arraySource(() => records),
    destination: table('checksums'),
    destinationAlters: ['value'],
  });
  await run();
  expect(await found()).toEqual({ by: 'checksums', checked: 50, ...agreed });
  await client.query(`CREATE TABLE old_item AS TABLE item; CREATE TABLE old_sum AS TABLE syncline_meta.syncline_sum`);
  records = items(50).with(7, { id: 'i7', version: 2, value: 'newer' });
  await run();
  await client.query(`ALTER TABLE item DISABLE TRIGGER normalise;
    TRUNCATE item; INSERT INTO item SELECT * FROM old_item;
    TRUNCATE syncline_meta.syncline_sum; INSERT INTO syncline_meta.syncline_sum SELECT * FROM old_sum`);
  expect((await compare()).different.map(({ key }) => key)).toEqual(['i7']);
});

test('values that only the server can bring into their form are no difference, and another value there is one', async () => {
  await client.query(
    `ALTER TABLE item ADD ip inet, ADD nights daterange, ADD bits bit(4), ADD ips inet[], ADD place point`,
  );
  const odd = {
    ip: '10.0.0.1/32',
    nights: '[2026-03-01,2026-03-10]',
    bits: 'x5',
    ips: ['10.0.0.1/32'],
    place: '1.0,2',
  };
  const { run, found } = await engineFor({
    source: arraySource(() => items(20)),
    destination: table(),
    map: (from) => ({ state: 'mapped', record: { id: record.parse(from).id, ...odd } }),
    to: z.object({
      id: z.string(),
      ip: z.string(),
      nights: z.string(),
      bits: z.string(),
      ips: z.array(z.string()),
      place: z.string(),
    }),
  });
  expect(await run()).toMatchObject({ status: 'succeeded', reconciled: { checked: 20, missing: 0, different: 0 } });
  expect(await found()).toEqual({ by: 'reading', checked: 20, ...agreed });
  await client.query(`CREATE FUNCTION later() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN IF NEW.id = 'i3' THEN NEW.nights := '[2026-03-01,2026-03-12)'; END IF; RETURN NEW; END $$;
    CREATE TRIGGER later BEFORE INSERT OR UPDATE ON item FOR EACH ROW EXECUTE FUNCTION later();
    UPDATE item SET id = id`);
  expect(await found()).toEqual({ by: 'reading', checked: 20, ...agreed, different: 1 });
  odd.place = '1,3.0';
  expect(await run()).toMatchObject({ status: 'partial', reconciled: { checked: 20, missing: 0, different: 1 } });
});

test('rows written before checksums were kept are read, and none is called different or extra', async () => {
  let destination = table();
  const { run, found, compare } = await engineFor({
    source: arraySource(() => items(30)),
    destination: {
      get can() {
        return destination.can;
      },
      get limits() {
        return destination.limits;
      },
      get checksums() {
        return destination.checksums;
      },
      same: (a, b) => destination.same?.(a, b) ?? false,
      write: (request) => destination.write(request),
      read: async (keys, signal) => (await destination.read?.(keys, signal)) ?? new Map(),
    } as Destination,
  });
  await run();
  expect(await found()).toEqual({ by: 'reading', checked: 30, ...agreed });
  destination = table('checksums');
  expect(await found()).toEqual({ by: 'checksums', checked: 30, ...agreed });
  await client.query(`UPDATE item SET value = 'by hand' WHERE id = 'i3'`);
  expect((await compare()).different.map(({ key }) => key)).toEqual(['i3']);
});

test('without checksums everything is read back, and compared in the terms of the destination', async () => {
  const books = journalDestination({ upsert: true, lookupLagMs: 0 });
  const write = books.write.bind(books);
  const trimmed: Destination = {
    ...books,
    write: async (request) => {
      const outcomes = await write(request);
      for (const [key, stored] of books.state) books.state.set(key, { ...(stored as object), value: 'lost' });
      return outcomes;
    },
    same: (_written, read) => JSON.stringify(read).includes('lost'),
  };
  const { run, found, repair } = await engineFor({ source: arraySource(() => items(20)), destination: trimmed });
  await run();
  expect(await found()).toEqual({ by: 'reading', checked: 20, ...agreed });
  books.state.set('i3', { id: 'i3', value: 'by hand', amount: '12.5', at: '' });
  books.state.delete('i4');
  expect(await found()).toEqual({ by: 'reading', checked: 20, missing: 1, different: 1, extra: 0 });
  expect(await repair()).toMatchObject({ marked: 2, counts: { fetched: 2, delivered: 2 } });
  expect(await found()).toEqual({ by: 'reading', checked: 20, ...agreed });
});

test('a destination that never keeps what it is given is repaired twice, and then given up', async () => {
  const books = journalDestination({ upsert: true, lookupLagMs: 0 });
  const { run, repair, found } = await engineFor({
    source: arraySource(() => items(5)),
    destination: { ...books, read: async (keys) => new Map(keys.map((key) => [key, { record: { id: key } }])) },
  });
  await run();
  expect(await repair()).toMatchObject({ marked: 5, givenUp: 0, counts: { delivered: 5 } });
  expect(await repair()).toMatchObject({ marked: 5, givenUp: 0, counts: { delivered: 5 } });
  expect(await repair()).toMatchObject({ marked: 0, givenUp: 5, counts: { delivered: 0 } });
  expect(await found()).toMatchObject({ different: 5 });
});

test('what was given up is repaired again once the source has changed it', async () => {
  let value = 'first';
  const books = journalDestination({ upsert: true, lookupLagMs: 0 });
  const { run, repair } = await engineFor({
    source: arraySource(() => [item(1, value)]),
    destination: { ...books, read: async (keys) => new Map(keys.map((key) => [key, { record: { id: key } }])) },
  });
  await run();
  await repair();
  await repair();
  expect(await repair()).toMatchObject({ marked: 0, givenUp: 1 });
  value = 'second';
  await run();
  expect(await repair()).toMatchObject({ marked: 1, givenUp: 0 });
});

test('what the destination has is compared with what was sent, not with what the source has become', async () => {
  let value = 'sent';
  const books = journalDestination({ upsert: true, lookupLagMs: 0 });
  const { run, found } = await engineFor({ source: arraySource(() => [item(1, value)]), destination: books });
  await run();
  value = 'newer';
  books.state.set('i1', { ...Object(books.state.get('i1')), value });
  expect(await found()).toMatchObject({ by: 'reading', different: 1 });
});

test('a repair forgets what is gone on both sides, and neither what lies in quarantine nor what was not marked', async () => {
  let bad = false;
  let records = items(4);
  const books = journalDestination({ upsert: true, lookupLagMs: 0 });
  const { run, repair, ledger } = await engineFor({
    source: arraySource(() => records),
    destination: books,
    map: (from) => {
      const { id, value } = record.parse(from);
      if (bad && id === 'i1') return { state: 'rejected', reason: 'bad', field: '/value', rule: 'wanted' };
      return { state: 'mapped', record: { id, value, amount: '12.5', at: '2026-03-01T10:00:00Z' } };
    },
  });
  await run();
  for (const key of ['i1', 'i2']) books.state.delete(key);
  bad = true;
  records = records.filter((_, n) => n !== 2);
  expect(await repair()).toMatchObject({ marked: 2, counts: { fetched: 1, quarantined: 1 } });
  const { syncId } = await ledger.plans.standing('items');
  expect(await ledger.compare.forgetGone(syncId, ['i1', 'i2', 'i3'])).toBe(1);
  expect((await ledger.life.lastWrite('items', 'i2'))?.state).toBe('deleted');
});

const rows = async (where: string): Promise<string[]> =>
  (await client.query<{ id: string }>(`SELECT id FROM item WHERE ${where} ORDER BY id`)).rows.map(({ id }) => id);

test('invariant 6, safe deletes: extra records go only with a run for which they were chosen, and none that the source has', async () => {
  let records = items(20);
  const { run, compare, found, removing, ledger } = await engineFor({
    source: arraySource(() => records),
    destination: table('checksums'),
    deletes: 'delete',
  });
  await run();
  await client.query(`INSERT INTO item VALUES ('x1'), ('x2')`);
  expect((await run()).counts).toMatchObject({ deleted: 0 });
  expect(await found()).toMatchObject({ extra: 2 });
  // As a ledger that was restored from an older copy: it knows nothing of three, of which the source has lost one.
  await ledger.pool.query(`delete from ledger where key in ('i5', 'i6', 'i7')`);
  records = items(20).filter((_, n) => n !== 5);
  expect((await compare()).extras.map(({ id }) => id).sort()).toEqual(['i5', 'i6', 'i7', 'x1', 'x2']);
  const report = await (await removing()).result();
  expect(report).toMatchObject({ status: 'succeeded', counts: { fetched: 19, delivered: 2, deleted: 3 } });
  expect(await rows(`id LIKE 'x%' OR id IN ('i5', 'i6', 'i7')`)).toEqual(['i6', 'i7']);
  expect(await found()).toEqual({ by: 'checksums', checked: 19, ...agreed });
  const intents = await ledger.pool.query(
    `select state, sum(confirmed)::int as gone from intents where seq = 0 group by 1`,
  );
  expect(intents.rows).toEqual([{ state: 'settled', gone: 3 }]);
  expect((await ledger.pool.query('select from chosen_extras')).rowCount).toBe(0);
});

test('extra records are marked where the sync marks what is gone, and a person is asked beyond the threshold', async () => {
  const { run, found, removing } = await engineFor({
    source: arraySource(() => items(10)),
    destination: table('checksums'),
    deletes: { set: { value: 'gone' }, maxShare: 0.1, atLeast: 2 },
  });
  await run();
  await client.query(`INSERT INTO item VALUES ('x1'), ('x2')`);
  const handle = await removing();
  const parked = async () => (await handle.query<RunState>('status')).parked;
  while ((await parked()) === null) await sleep(50);
  expect(await parked()).toMatchObject({ code: 'DELETE_GUARD', message: expect.stringContaining('2 extra') });
  expect(await rows(`value = 'gone'`)).toEqual([]);
  await handle.signal('retry');
  expect(await handle.result()).toMatchObject({ status: 'succeeded', counts: { deleted: 2 } });
  expect(await rows(`value = 'gone'`)).toEqual(['x1', 'x2']);
  expect(await found()).toEqual({ by: 'checksums', checked: 12, ...agreed });
});

test('nothing is marked while a run is open', async () => {
  const { run, compare, ledger } = await engineFor({ source: arraySource(() => items(3)), destination: table() });
  await run();
  await ledger.pool.query(`update syncs set holder = 'somebody'`);
  const { syncId } = await ledger.plans.standing('items');
  const { checked } = await compare();
  expect(checked).toBe(3);
  await expect(
    ledger.compare.markForRepair(syncId, [{ key: 'i1', hash: '1'.repeat(32), destinationId: null }], 'r'),
  ).rejects.toMatchObject({ code: 'LOCKED' });
});

test('buckets differ by number or by sum, and when one side has none', () => {
  const of = (entries: [number, number, string][]) =>
    new Map(entries.map(([n, records, sum]) => [n, { records, sum }]));
  const ours = of([
    [0, 2, '7'],
    [1, 1, '3'],
    [2, 1, '9'],
    [3, 1, '1'],
  ]);
  const theirs = of([
    [0, 2, '7'],
    [1, 1, '4'],
    [2, 2, '9'],
    [4, 1, '1'],
  ]);
  expect([...differingBuckets(ours, theirs)].sort()).toEqual([1, 2, 3, 4]);
});
