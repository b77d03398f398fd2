import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import pg from 'pg';
import { postgres } from '../../connectors/postgres/index.ts';
import type { Destination, ItemOutcome, WriteItem } from '../../model/connector/connector.ts';
import { contentOf } from '../../model/record/content.ts';
import type { Json, JsonRecord } from '../../model/record/json.ts';
import { startProxy } from '../support/cuttable-proxy.ts';
import { byWayOf, createTestDatabase, type TestDatabase } from '../support/database.ts';
import { postgresConnection, sqlTools } from '../support/postgres-system.ts';

const { connector } = postgres;
type DestinationInput = Parameters<typeof postgres.destination>[1];

let database: TestDatabase;
let client: pg.Client;
let tools: ReturnType<typeof sqlTools>;
beforeAll(async () => {
  database = await createTestDatabase();
  client = new pg.Client({ connectionString: database.url });
  await client.connect();
  tools = sqlTools(database.url);
});
afterAll(async () => {
  await tools.close();
  await client.end();
  await database.drop();
});
beforeEach(async () => {
  await client.query(`DROP SCHEMA public CASCADE; CREATE SCHEMA public; DROP SCHEMA IF EXISTS syncline_meta CASCADE;
    CREATE TABLE customer (id text PRIMARY KEY);
    INSERT INTO customer VALUES ('c1');
    CREATE TABLE invoice (id text PRIMARY KEY, number int UNIQUE DEFERRABLE INITIALLY DEFERRED,
      total numeric(8,2) CHECK (total >= 0), customer text REFERENCES customer, note varchar(10) NOT NULL DEFAULT '',
      issued timestamptz, tags text[], lines jsonb, parts jsonb[], made timestamptz DEFAULT now())`);
});

function open(options: Partial<DestinationInput> = {}, url = database.url, by = tools): Destination {
  const connection = postgresConnection(url, 5_000);
  const parsed = connector.destination.options.parse({ table: 'invoice', key: 'id', ...options });
  return connector.destination.open(
    { ...connection, settings: connector.settings.parse(connection.settings) },
    parsed,
    by,
  );
}

const never = new AbortController().signal;
/** What the engine believes of the records that it writes: whether they are there. */
let exists = true;
beforeEach(() => {
  exists = true;
});
const upsert = (record: { readonly [name: string]: Json }): WriteItem => ({
  key: `source-${record['id']}`,
  op: 'upsert',
  json: JSON.stringify(record),
  destinationId: null,
  exists,
});
const remove = (destinationId: string): WriteItem => ({ key: 'source', op: 'delete', json: '', destinationId });
let requests = 0;
const write = (
  destination: Destination,
  items: readonly WriteItem[],
  { id = `r${++requests}`, number = 1 } = {},
): Promise<readonly ItemOutcome[]> =>
  destination.write({ id, fence: { sync: 'invoices', number }, items, signal: never });
const rows = async (columns = 'id'): Promise<unknown[]> =>
  (await client.query(`SELECT ${columns} FROM invoice ORDER BY id`)).rows;
const states = (outcomes: readonly ItemOutcome[]): string[] => outcomes.map(({ state }) => state);

describe.each([true, false])('rows of the postgres destination (believed to be there: %p)', (believed) => {
  beforeEach(() => {
    exists = believed;
  });

  test('are written with lists, nested values and exact decimals; the id is the text of the key', async () => {
    const record = {
      id: 'a',
      total: '123456.78',
      issued: '2026-03-01T10:00:00.5+02:00',
      tags: ['x', 'with "quotes", \\ and ,', null],
      lines: [{ sku: 'tab\there' }, 'text', null],
      parts: [{ a: 1 }, 'text', [2]],
    };
    expect(await write(open(), [upsert(record)])).toEqual([{ state: 'confirmed', id: 'a' }]);
    const back = (await open().read?.(['a'], never))?.get('a');
    expect(back?.id).toBe('a');
    expect(back?.record).toMatchObject({
      total: 123456.78,
      issued: '2026-03-01T08:00:00.5Z',
      tags: record.tags,
      lines: record.lines,
      parts: record.parts,
    });
    expect(open().same?.(record, back?.record ?? null)).toBe(true);
  });

  test('are replaced by key; a field that a record leaves out is left alone', async () => {
    await write(open(), [upsert({ id: 'a', total: 1, note: 'kept' }), upsert({ id: 'b', total: 2 })]);
    await write(open(), [upsert({ id: 'a', total: 5 }), upsert({ id: 'b', total: null, note: 'new' })]);
    expect(await rows('id, total, note')).toEqual([
      { id: 'a', total: '5.00', note: 'kept' },
      { id: 'b', total: null, note: 'new' },
    ]);
  });

  test('of one key in one request end as the last item says', async () => {
    const outcomes = await write(open(), [
      upsert({ id: 'a', total: 1, note: 'first' }),
      upsert({ id: 'b' }),
      upsert({ id: 'a', total: 2 }),
      remove('b'),
    ]);
    expect(states(outcomes)).toEqual(['confirmed', 'confirmed', 'confirmed', 'confirmed']);
    expect(await rows('id, total, note')).toEqual([{ id: 'a', total: '2.00', note: 'first' }]);
  });

  test('that were encoded while they were at hand are stored, or refused, as their JSON says', async () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 8 }),
      fc.constantFrom('\\', '\t', '\n\r', '\\N', '"', '\\u0000', ''),
    );
    const scalar = fc.oneof(
      text,
      fc.integer(),
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      fc.boolean(),
      fc.constant(null),
    );
    const fields = fc.record(
      {
        note: fc.oneof({ weight: 4, arbitrary: text }, scalar),
        total: fc.oneof(fc.integer({ min: 0, max: 999_999 }), scalar),
        lines: fc.oneof(scalar, fc.array(fc.dictionary(text, scalar, { maxKeys: 2 }), { maxLength: 2 })),
        tags: fc.oneof(fc.array(text, { maxLength: 2 }), fc.constant(null)),
        customer: fc.constantFrom('c1', 'c2', null),
      },
      { requiredKeys: [] },
    );
    let ready = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(fields, { minLength: 40, maxLength: 40 }), async (many) => {
        const destination = open();
        const records = many.map((record, index): JsonRecord => ({ id: `r${index}`, ...record }));
        const plain = records.map(upsert);
        const encoded = records.map((record, index) => {
          const made = destination.encode?.(record, contentOf(JSON.stringify(record)));
          if (made !== undefined) ready++;
          return { ...upsert(record), key: `source-r${index}`, ...(made && { encoded: made }) };
        });
        const outcomes = await write(destination, plain);
        const stored = await rows('id, number, total, customer, note, tags, lines');
        await client.query('TRUNCATE invoice');
        expect(await write(destination, encoded)).toEqual(outcomes);
        expect(await rows('id, number, total, customer, note, tags, lines')).toEqual(stored);
        await client.query('TRUNCATE invoice');
      }),
      { numRuns: 8 },
    );
    expect(ready).toBeGreaterThan(50);
  });

  test('that the database refuses are rejected one by one with column and constraint, all others written', async () => {
    await write(open(), [upsert({ id: 'taken', number: 7 })]);
    const outcomes = await write(open(), [
      upsert({ id: 'good-1', number: 1, total: 1, customer: 'c1', note: 'n' }),
      upsert({ id: 'cast', number: 2, total: 'secret-value', customer: 'c1', note: 'n' }),
      upsert({ id: 'range', number: 3, total: 12345678, customer: 'c1', note: 'n' }),
      upsert({ id: 'check', number: 4, total: -1, customer: 'c1', note: 'n' }),
      upsert({ id: 'reference', number: 5, total: 1, customer: 'secret-value', note: 'n' }),
      upsert({ id: 'long', number: 6, total: 1, customer: 'c1', note: 'secret-value is long' }),
      upsert({ id: 'unique', number: 7, total: 1, customer: 'c1', note: 'n' }),
      upsert({ id: 'null', number: 8, total: 1, customer: 'c1', note: null }),
      upsert({ id: 'nested', number: 9, total: { secret: 'secret-value' }, customer: 'c1', note: 'n' }),
      upsert({ id: 'nul', number: 10, total: 1, customer: 'c1', note: 'a\0b' }),
      upsert({ id: 'half', number: 11, total: 1, customer: 'c1', note: '\ud83d' }),
      upsert({ id: null, number: 12, total: 1, customer: 'c1', note: 'n' }),
      upsert({ id: 'good-2', number: 13, total: 1, customer: 'c1', note: '\\u0000' }),
    ]);
    const said = outcomes.map((outcome) =>
      outcome.state === 'rejected' ? [outcome.code, outcome.field, outcome.reason] : [outcome.state],
    );
    expect(said).toEqual([
      ['confirmed'],
      ['RECORD_REJECTED', 'total', expect.stringContaining('no number')],
      ['RECORD_REJECTED', 'total', expect.stringContaining('22003')],
      ['RECORD_REJECTED', undefined, expect.stringContaining('invoice_total_check')],
      ['RECORD_REJECTED', undefined, expect.stringContaining('invoice_customer_fkey')],
      ['RECORD_REJECTED', 'note', expect.stringContaining('too long')],
      ['RECORD_REJECTED', undefined, expect.stringContaining('invoice_number_key')],
      ['RECORD_REJECTED', 'note', expect.stringContaining('23502')],
      ['RECORD_REJECTED', 'total', expect.any(String)],
      ['TEXT_NUL', 'note', expect.any(String)],
      ['TEXT_NUL', 'note', expect.any(String)],
      ['RECORD_REJECTED', 'id', expect.any(String)],
      ['confirmed'],
    ]);
    expect(JSON.stringify(outcomes)).not.toContain('secret-value');
    expect(await rows()).toEqual([{ id: 'good-1' }, { id: 'good-2' }, { id: 'taken' }]);
  });

  test('are refused where PostgreSQL would guess at a value or bend it, wherever in the column it stands', async () => {
    await client.query(`
      CREATE DOMAIN day AS date; CREATE DOMAIN birthday AS day; CREATE DOMAIN doc AS jsonb; CREATE DOMAIN docs AS doc;
      CREATE TYPE stay AS (place text, nights daterange);
      CREATE TABLE guest (id text PRIMARY KEY, born birthday, seen timestamp, met timestamptz, days day[], stays stay[],
        paid numeric(6,2), is_vip boolean, notes docs, code varchar(3))`);
    const destination = open({ table: 'guest' });
    const right: JsonRecord[] = [
      { id: 'a', born: '1990-08-01', seen: '2024-07-01 10:00', met: '2024-07-01T10:00:00+02:00' },
      { id: 'b', days: ['2024-07-01', null], paid: 12.5, is_vip: 't' },
      { id: 'c', notes: { at: 'now' }, code: 'abc', born: 'infinity', paid: '12.500' },
      { id: 'd', stays: ['("a, b","[2024-07-01,2024-07-03)")'] },
    ];
    const wrong: JsonRecord[] = [
      { id: 'e', born: 'now' },
      { id: 'f', born: '03/04/2024' },
      { id: 'g', born: 20240304 },
      { id: 'h', seen: '2024-07-01T10:00:00+02:00' },
      { id: 'i', met: '2024-07-01T10:00:00' },
      { id: 'j', days: ['2024-07-01', 'today'] },
      { id: 'k', stays: ['(x,"[today,)")'] },
      { id: 'l', paid: 12.345 },
      { id: 'm', is_vip: 'yes' },
      { id: 'n', code: 'abc ' },
    ];
    const items = [...right, ...wrong].map((record) => {
      const encoded = destination.encode?.(record, contentOf(JSON.stringify(record)));
      return { ...upsert(record), ...(encoded && { encoded }) };
    });
    const expected = wrong.map((record) => ['RECORD_REJECTED', Object.keys(record)[1]]);
    for (const some of [items, items.map(({ encoded: _, ...item }) => item)]) {
      const outcomes = await write(destination, some);
      expect(states(outcomes.slice(0, right.length))).toEqual(right.map(() => 'confirmed'));
      const refused = outcomes.slice(right.length);
      expect(refused.map((it) => (it.state === 'rejected' ? [it.code, it.field] : it.state))).toEqual(expected);
    }
    const back = await destination.read?.(['a', 'b', 'c'], never);
    for (const record of right.slice(0, 3))
      expect(destination.same?.(record, back?.get(String(record['id']))?.record ?? null)).toBe(true);
  });

  test('keep the numbers of JSON in all their digits, and its names', async () => {
    await client.query('CREATE TABLE doc (id text PRIMARY KEY, number bigint, one jsonb, many jsonb[], kept json)');
    const big = '1234567890123456789';
    const one = `{"n": ${big}, "t": "${big}", "__proto__": {"l": [0.10000000000000000001]}}`;
    const json = (id: string, more = '') => `{"id":"${id}"${more}}`;
    const whole = `,"number":${big},"one":${one},"many":[${one},${big},"${big}"],"kept":${big}`;
    const items = [json('a', whole), json('b', `,"one":${big}`), json('c', whole), json('c', ',"kept":1')];
    const outcomes = await write(
      open({ table: 'doc' }),
      items.map((text, index) => ({ ...upsert({ id: `${index}` }), json: text })),
    );
    expect(states(outcomes)).toEqual(['confirmed', 'confirmed', 'confirmed', 'confirmed']);
    const { rows: stored } = await client.query(`SELECT id, number::text, one = '${one}'::jsonb AS one, kept::text,
      one::text AS text, many = ARRAY['${one}'::jsonb, '${big}', '"${big}"'] AS many FROM doc ORDER BY id`);
    expect(stored).toMatchObject([
      { id: 'a', number: big, one: true, many: true, kept: big },
      { id: 'b', text: big },
      { id: 'c', number: big, one: true, many: true, kept: '1' },
    ]);
  });

  test('are found among many, however many are bad', async () => {
    const isBad = (number: number) => number % 7 === 0 || (number > 900 && number < 1000);
    const items = Array.from({ length: 2_000 }, (_, number) =>
      upsert({ id: `i${number}`, number, total: isBad(number) ? (number % 2 ? 'no number' : -1) : 1 }),
    );
    const outcomes = await write(open(), items);
    expect(states(outcomes)).toEqual(items.map((_, number) => (isBad(number) ? 'rejected' : 'confirmed')));
    expect(await rows()).toHaveLength(states(outcomes).filter((state) => state === 'confirmed').length);
  });

  test('may refer to each other in any order, also when others are bad', async () => {
    await client.query('CREATE TABLE node (id int PRIMARY KEY, parent int REFERENCES node, n int CHECK (n > 0))');
    const items = [
      upsert({ id: 1, parent: 2, n: 1 }),
      upsert({ id: 2, parent: 3, n: 1 }),
      upsert({ id: 3, parent: null, n: 1 }),
      upsert({ id: 4, parent: 99, n: 1 }),
      upsert({ id: 5, parent: 4, n: 1 }),
      upsert({ id: 6, parent: null, n: -1 }),
    ];
    const expected = ['confirmed', 'confirmed', 'confirmed', 'rejected', 'rejected', 'rejected'];
    expect(states(await write(open({ table: 'node' }), items))).toEqual(expected);
    expect((await client.query('SELECT id FROM node ORDER BY id')).rows).toEqual([{ id: 1 }, { id: 2 }, { id: 3 }]);
  });

  test('are all refused at once when a column that none has may not be empty', async () => {
    await client.query('ALTER TABLE invoice ALTER COLUMN number SET NOT NULL');
    const outcomes = await write(open(), [upsert({ id: 'a' }), upsert({ id: 'b' }), upsert({ id: 'c', number: 1 })]);
    expect(states(outcomes)).toEqual(['rejected', 'rejected', 'confirmed']);
  });

  test('that a policy of the table does not allow are refused, alone or among others; without any right nothing is', async () => {
    const role = `writer_${randomUUID().replaceAll('-', '')}`;
    await client.query(`CREATE ROLE ${role} LOGIN PASSWORD 'limited'; GRANT USAGE ON SCHEMA public TO ${role};
      GRANT ALL ON invoice TO ${role};
      GRANT CREATE ON DATABASE ${new URL(database.url).pathname.slice(1)} TO ${role};
      ALTER TABLE invoice ENABLE ROW LEVEL SECURITY; CREATE POLICY ours ON invoice USING (note <> 'theirs')`);
    const url = Object.assign(new URL(database.url), { username: role, password: 'limited' }).href;
    const limited = sqlTools(url);
    try {
      const destination = open({}, url, limited);
      const theirs = { state: 'rejected', code: 'RECORD_REJECTED', reason: expect.stringContaining('42501') };
      const three = ['a', 'b', 'c'].map((id) => upsert({ id, note: id === 'b' ? 'theirs' : 'ours' }));
      expect(await write(destination, three)).toMatchObject([{ state: 'confirmed' }, theirs, { state: 'confirmed' }]);
      expect(await write(destination, [upsert({ id: 'd', note: 'theirs' })])).toMatchObject([theirs]);
      expect(await rows()).toEqual([{ id: 'a' }, { id: 'c' }]);
      await client.query(`REVOKE INSERT, UPDATE ON invoice FROM ${role}`);
      await expect(write(destination, [upsert({ id: 'e' }), upsert({ id: 'f' })])).rejects.toMatchObject({
        code: 'SQL_REJECTED',
        effect: 'none',
      });
    } finally {
      await limited.close();
      await client.query(`DROP OWNED BY ${role}; DROP ROLE ${role}`);
    }
  });

  test('that a trigger refuses by a state of its own are refused one by one', async () => {
    await client.query(`
      CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        IF new.note = 'bad' THEN RAISE 'no' USING ERRCODE = 'ZB001'; END IF;
        IF new.note = 'locked' THEN RAISE insufficient_privilege; END IF; RETURN new; END $$;
      CREATE TRIGGER refuse BEFORE INSERT ON invoice FOR EACH ROW EXECUTE FUNCTION refuse()`);
    const notes = ['good', 'bad', 'locked', 'good'];
    const outcomes = await write(
      open(),
      notes.map((note, n) => upsert({ id: `r${n}`, note })),
    );
    expect(states(outcomes)).toEqual(['confirmed', 'rejected', 'rejected', 'confirmed']);
    expect(states(await write(open(), [upsert({ id: 'alone', note: 'bad' })]))).toEqual(['rejected']);
  });

  test('are deleted by key; one that others refer to is rejected, one that is absent or impossible is not', async () => {
    await client.query(`CREATE TABLE line (invoice text REFERENCES invoice); INSERT INTO invoice (id) VALUES ('a'), ('b');
      INSERT INTO line VALUES ('b')`);
    const outcomes = await write(open(), [remove('a'), remove('b'), remove('gone')]);
    expect(states(outcomes)).toEqual(['confirmed', 'rejected', 'confirmed']);
    expect(await rows()).toEqual([{ id: 'b' }]);
    await client.query('CREATE TABLE numbered (id int PRIMARY KEY)');
    expect(states(await write(open({ table: 'numbered' }), [remove('not a number'), remove('1')]))).toEqual([
      'confirmed',
      'confirmed',
    ]);
  });

  test('with a key of several columns are written, read and deleted by it', async () => {
    await client.query('CREATE TABLE stock (shop text, sku int, count int, PRIMARY KEY (shop, sku))');
    const destination = open({ table: 'stock', key: ['shop', 'sku'] });
    const [first] = await write(destination, [
      upsert({ shop: 'a,"b', sku: 1, count: 5 }),
      upsert({ shop: 'c', sku: 2, count: 6 }),
    ]);
    const id = first?.state === 'confirmed' ? (first.id ?? '') : '';
    expect((await destination.read?.([id, '["x","1"]', 'no key'], never))?.get(id)?.record).toEqual({
      shop: 'a,"b',
      sku: 1,
      count: 5,
    });
    await write(destination, [remove(id)]);
    expect((await client.query('SELECT shop FROM stock')).rows).toEqual([{ shop: 'c' }]);
  });

  test.each([
    ['a table with rules', 'CREATE RULE none AS ON INSERT TO invoice WHERE new.total = 0 DO INSTEAD NOTHING'],
    ['a view', 'ALTER TABLE invoice RENAME TO stored; CREATE VIEW invoice AS SELECT * FROM stored WHERE total > 0'],
    ['a table whose key is in use already', `INSERT INTO invoice (id) VALUES ('new')`],
  ])('come out the same in %s', async (_what, change) => {
    await client.query(change);
    expect(states(await write(open(), [upsert({ id: 'new', total: 7 }), upsert({ id: 'b', total: 8 })]))).toEqual([
      'confirmed',
      'confirmed',
    ]);
    expect(await rows('id, total')).toEqual([
      { id: 'b', total: '8.00' },
      { id: 'new', total: '7.00' },
    ]);
  });

  test('that are read back by keys which the column cannot hold are absent', async () => {
    await client.query('CREATE TABLE numbered (id int PRIMARY KEY); INSERT INTO numbered VALUES (1), (2)');
    const found = await open({ table: 'numbered' }).read?.(['1', 'x', '2', '99999999999999'], never);
    expect([...(found?.keys() ?? [])].sort()).toEqual(['1', '2']);
  });
});

test('what a database or role sets does not change how values are written and read', async () => {
  const name = new URL(database.url).pathname.slice(1);
  await client.query(`
    CREATE TABLE odd (id int PRIMARY KEY, day date, at timestamptz, span interval, single real, texts text[], paid money);
    ALTER DATABASE "${name}" SET datestyle = 'SQL, DMY'; ALTER DATABASE "${name}" SET timezone = 'Asia/Tokyo';
    ALTER DATABASE "${name}" SET intervalstyle = 'sql_standard'; ALTER DATABASE "${name}" SET extra_float_digits = -5;
    ALTER DATABASE "${name}" SET array_nulls = off`);
  const fresh = sqlTools(database.url);
  try {
    const destination = open({ table: 'odd' }, database.url, fresh);
    const record = {
      ...{ id: 1, day: '2024-03-04', at: '2024-03-04T10:00:00Z', span: 'P1DT2H', single: 0.1234567 },
      ...{ texts: [null, 'NULL'], paid: '$1,234.50' },
    };
    expect(states(await write(destination, [upsert(record)]))).toEqual(['confirmed']);
    expect((await destination.read?.(['1'], never))?.get('1')?.record).toEqual(record);
  } finally {
    await fresh.close();
    await client.query(`ALTER DATABASE "${name}" RESET ALL`);
  }
});

describe('the table of the postgres destination', () => {
  test('is created from `columns`, by two writers at once', async () => {
    const columns = { id: 'int', name: 'text', price: 'numeric(10,2)', seen: 'timestamp with time zone' };
    const destinations = [1, 2].map(() => open({ table: 'fresh.thing', columns }));
    await client.query('CREATE SCHEMA IF NOT EXISTS fresh');
    await Promise.all(destinations.map((one, index) => write(one, [upsert({ id: index, name: 'n', price: '1.5' })])));
    const { rows: found } = await client.query('SELECT id, price FROM fresh.thing ORDER BY id');
    expect(found).toEqual([
      { id: 0, price: '1.50' },
      { id: 1, price: '1.50' },
    ]);
    await client.query('DROP SCHEMA fresh CASCADE');
  });

  test.each([
    ['is missing', { table: 'nowhere' }, { id: 'a' }, /nowhere.*does not exist/],
    ['lacks a column of a record', {}, { id: 'a', colour: 'red' }, /no column colour/],
    ['has no unique index on the key', { key: 'total' }, { id: 'a', total: 1 }, /no unique index/],
  ])('that %s stops the request with its reason and no effect', async (_name, options, record, reason) => {
    for (const believed of [true, false]) {
      exists = believed;
      await expect(write(open(options), [upsert(record)])).rejects.toMatchObject({
        code: 'SQL_REJECTED',
        effect: 'none',
        message: expect.stringMatching(reason),
      });
    }
    expect(await rows()).toEqual([]);
  });

  test('has its triggers run for records that are new', async () => {
    exists = false;
    await client.query(`
      CREATE FUNCTION shout() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN new.note := upper(new.note); RETURN new; END $$;
      CREATE TRIGGER shout BEFORE INSERT ON invoice FOR EACH ROW EXECUTE FUNCTION shout()`);
    await write(open(), [upsert({ id: 'a', note: 'loud' })]);
    expect(await rows('id, note')).toEqual([{ id: 'a', note: 'LOUD' }]);
  });

  test('refuses types that are no types', () => {
    const columns = { id: 'int); DROP TABLE invoice; --' };
    expect(connector.destination.options.safeParse({ table: 't', key: 'id', columns }).success).toBe(false);
  });
});

describe('what the postgres destination will know a record by', () => {
  /** Of keys that are all of another spelling than their own, in the table, one request for each list. */
  const identities = async (type: string, ...keys: readonly Json[]): Promise<readonly (string | undefined)[]> => {
    const destination = open({ table: `keyed_${type.replace(/\W/g, '_')}`, key: 'id', columns: { id: type } });
    const known = await destination.identify?.(
      keys.map((id) => upsert({ id })),
      never,
    );
    return keys.map((_, place) => known?.get(place));
  };

  test.each([
    ['text', ['Ada', 'ada', ' ada'], ['Ada', 'ada', ' ada']],
    ['varchar(3)', ['abc', 'abc ', 'abcd'], ['abc', 'abc', 'abcd']],
    ['char(4)', ['AB', 'AB  '], ['AB', 'AB']],
    ['int', ['007', 7, '+7', ' 7 ', '-0', 'x'], ['7', '7', '7', '7', '0', 'x']],
    ['bigint', ['+9007199254740993', '9007199254740993'], ['9007199254740993', '9007199254740993']],
    ['numeric', ['1.0', 1, '1e0', '0.50'], ['1', '1', '1', '0.5']],
    ['numeric(6,2)', ['1.004', '1'], ['1', '1']],
    ['float8', ['1e2', '100', '-0', '0'], ['100', '100', '0', '0']],
    [
      'uuid',
      ['A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11', '{a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11}'],
      ['a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'],
    ],
    [
      'timestamptz',
      ['2026-03-01T10:00:00+02:00', '2026-03-01T08:00:00Z'],
      ['2026-03-01 08:00:00+00', '2026-03-01 08:00:00+00'],
    ],
    ['date', ['2026-03-01', '20260301'], ['2026-03-01', '2026-03-01']],
    ['boolean', ['true', 't', 'yes'], ['true', 'true', 'true']],
    // Of values that are written differently and are equal all the same, the first gives the spelling.
    ['interval', ['1 day', '24 hours'], ['P1D', 'P1D']],
  ])('is one text for all keys that are one %s', async (type, keys, expected) => {
    expect(await identities(type, ...keys)).toEqual(expected);
  });

  test('is one text for keys that a domain, an enum or a collation takes for equal, and what is there gives the spelling', async () => {
    await client.query(`CREATE COLLATION blind (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
      CREATE DOMAIN code AS int; CREATE DOMAIN inner_code AS code; CREATE TYPE mood AS ENUM ('good', 'Good');
      CREATE TABLE folding (name text COLLATE blind, n inner_code, mood mood, PRIMARY KEY (name, n, mood));
      INSERT INTO folding VALUES ('ÅSA', 1, 'good')`);
    const destination = open({ table: 'folding', key: ['name', 'n', 'mood'] });
    const records = [
      ['åsa', '01', 'good'],
      ['Bo', 2, 'Good'],
      ['bo', '2', 'Good'],
      ['bo', 2, 'good'],
    ].map(([name = '', n = '', mood = '']) => upsert({ id: `${name}`, name, n, mood }));
    const known = await destination.identify?.(records, never);
    expect([...(known?.values() ?? [])].map((text) => JSON.parse(text))).toEqual([
      ['ÅSA', '1', 'good'],
      ['Bo', '2', 'Good'],
      ['Bo', '2', 'Good'],
      ['bo', '2', 'good'],
    ]);
  });

  test('is nothing of its own where the key of the sync says it', async () => {
    const item = { ...upsert({ id: 'a' }), key: 'a' };
    expect(await open().identify?.([item], never)).toEqual(new Map());
  });

  test('is said instead of writing where a trigger changes the key, and then written', async () => {
    await client.query(`CREATE FUNCTION small() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.id := lower(NEW.id); RETURN NEW; END';
      CREATE TRIGGER small BEFORE INSERT OR UPDATE ON invoice FOR EACH ROW EXECUTE FUNCTION small()`);
    const items = ['Ada', 'ada', 'Bo'].map((id) => ({ ...upsert({ id }), key: id, identity: id }));
    expect(await write(open(), items)).toEqual([
      { state: 'respelt', id: 'ada' },
      { state: 'respelt', id: 'ada' },
      { state: 'respelt', id: 'bo' },
    ]);
    expect(await rows()).toEqual([]);
    const [first, , last] = items;
    const sure = [first, last].flatMap((item) => (item ? [{ ...item, identity: item.key.toLowerCase() }] : []));
    expect(await write(open(), sure)).toEqual([
      { state: 'confirmed', id: 'ada' },
      { state: 'confirmed', id: 'bo' },
    ]);
    expect(await rows()).toEqual([{ id: 'ada' }, { id: 'bo' }]);
  });
});

describe('the promise of the postgres destination: each record exactly once', () => {
  test('a repeated request changes nothing and answers as the first did', async () => {
    const items = [upsert({ id: 'a', note: 'first' }), upsert({ id: 'b', total: 'no number' })];
    const first = await write(open(), items, { id: 'same' });
    await client.query(`UPDATE invoice SET note = 'changed'`);
    expect(await write(open(), items, { id: 'same' })).toEqual(first);
    expect(states(first)).toEqual(['confirmed', 'rejected']);
    expect(await rows('id, note')).toEqual([{ id: 'a', note: 'changed' }]);
  });

  test('the same request sent twice at once takes effect once', async () => {
    await client.query('CREATE TABLE journal (id text); CREATE TABLE log_of (id text PRIMARY KEY)');
    await client.query(`CREATE FUNCTION note() RETURNS trigger AS $$ BEGIN INSERT INTO journal VALUES (NEW.id); RETURN NEW; END $$
      LANGUAGE plpgsql; CREATE TRIGGER t AFTER INSERT OR UPDATE ON log_of FOR EACH ROW EXECUTE FUNCTION note()`);
    const items = [upsert({ id: 'a' }), upsert({ id: 'b' })];
    const twice = [1, 2].map(() => write(open({ table: 'log_of' }), items, { id: 'at-once' }));
    for (const outcomes of await Promise.all(twice)) expect(states(outcomes)).toEqual(['confirmed', 'confirmed']);
    expect((await client.query('SELECT id FROM journal')).rows).toHaveLength(2);
  });

  test.each([
    ['before', false],
    ['after', true],
  ] as const)('a connection lost %s COMMIT is seen is resolved by asking', async (when, there) => {
    const proxy = await startProxy(Number(new URL(database.url).port));
    try {
      await write(open(), []);
      proxy.cutAt('COMMIT\0', when);
      const lost = write(open({}, byWayOf(proxy, database.url)), [upsert({ id: 'a' })], { id: 'in-doubt' });
      await expect(lost).rejects.toMatchObject({ code: 'SQL_UNAVAILABLE', effect: 'unknown' });
    } finally {
      await proxy.cut();
    }
    const committed = await open().committed?.(['in-doubt', 'other'], { sync: 'invoices', number: 1 }, never);
    expect([...(committed ?? [])]).toEqual(there ? ['in-doubt'] : []);
    expect(await rows()).toEqual(there ? [{ id: 'a' }] : []);
    await write(open(), [upsert({ id: 'a' })], { id: 'in-doubt' });
    expect(await rows()).toEqual([{ id: 'a' }]);
  });

  test('an older writer is refused once a newer one has written or asked', async () => {
    await write(open(), [upsert({ id: 'a' })], { number: 5 });
    const late = { code: 'FENCED', effect: 'none' };
    await expect(write(open(), [upsert({ id: 'b' })], { number: 4 })).rejects.toMatchObject(late);
    await open().committed?.([], { sync: 'invoices', number: 6 }, never);
    await expect(write(open(), [upsert({ id: 'b' })], { number: 5 })).rejects.toMatchObject(late);
    await write(open(), [upsert({ id: 'c' })], { number: 6 });
    expect(await rows()).toEqual([{ id: 'a' }, { id: 'c' }]);
  });

  test.each([
    ['a newer writer', 2],
    ['a second attempt of the same writer', 1],
  ])('%s waits for a request that is under way, and so knows its end', async (_name, number) => {
    await write(open(), [], { number: 1 });
    const slow = new pg.Client({ connectionString: database.url });
    await slow.connect();
    // The table is held, so that the old request stops in the middle, with the fence in its hand.
    await slow.query('BEGIN; LOCK TABLE invoice IN ROW EXCLUSIVE MODE; INSERT INTO invoice (id) VALUES ($$a$$)');
    const old = write(open(), [upsert({ id: 'a' })], { id: 'under-way', number: 1 });
    await waitingFor(1);
    const asked = open().committed?.(['under-way'], { sync: 'invoices', number }, never);
    await waitingFor(2);
    await slow.query('ROLLBACK');
    await slow.end();
    expect(states(await old)).toEqual(['confirmed']);
    expect([...((await asked) ?? [])]).toEqual(['under-way']);
  });

  test('markers older than the limit go when a new writer comes', async () => {
    await write(open(), [upsert({ id: 'a' })], { id: 'old', number: 1 });
    await write(open(), [upsert({ id: 'a' })], { id: 'young', number: 1 });
    await client.query(
      `UPDATE syncline_meta.syncline_marker SET applied_at = now() - interval '40 days' WHERE request_id = 'old'`,
    );
    await write(open(), [], { id: 'next', number: 2 });
    const { rows: kept } = await client.query('SELECT request_id FROM syncline_meta.syncline_marker ORDER BY 1');
    expect(kept).toEqual([{ request_id: 'next' }, { request_id: 'young' }]);
  });

  test('a request leaves nothing behind when it fails as a whole', async () => {
    await write(open(), []);
    await expect(write(open(), [upsert({ id: 'a' }), upsert({ id: 'b', colour: 1 })], { id: 'x' })).rejects.toThrow();
    expect(await rows()).toEqual([]);
    const committed = await open().committed?.(['x'], { sync: 'invoices', number: 1 }, never);
    expect(committed?.size).toBe(0);
  });
});

/** Until so many sessions of the connector wait for a lock. */
async function waitingFor(sessions: number): Promise<void> {
  for (;;) {
    const { rows: found } = await client.query<{ waiting: number }>(
      `SELECT count(*)::int AS waiting FROM pg_stat_activity
       WHERE application_name = 'syncline' AND wait_event_type = 'Lock' AND datname = current_database()`,
    );
    if ((found[0]?.waiting ?? 0) >= sessions) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** A type, a value, how it reads when it is stored, and a value that is another. */
const forms: readonly (readonly [string, Json, Json, Json])[] = [
  ['inet', '10.0.0.1/32', '10.0.0.1', '10.0.0.1/24'],
  ['cidr', '10.0.0.1', '10.0.0.1/32', '10.0.0.2'],
  ['cidr', '2001:DB8:0::/32', '2001:db8::/32', '2001:DB8:0::/33'],
  ['macaddr', '08-00-2B-01-02-03', '08:00:2b:01:02:03', '08-00-2B-01-02-04'],
  ['macaddr8', '08002b0102030405', '08:00:2b:01:02:03:04:05', '08002b0102030406'],
  ['int4range', '[1,10]', '[1,11)', '[1,10)'],
  ['daterange', '[2026-03-01, 2026-03-10]', '[2026-03-01,2026-03-11)', '[2026-03-01,2026-03-10)'],
  ['int4multirange', '{[5,7],[1,3]}', '{[1,4),[5,8)}', '{[1,3]}'],
  ['bit(4)', 'x5', '0101', 'x6'],
  ['varbit', 'b101', '101', 'b1010'],
  ['inet[]', ['10.0.0.1/32', null], ['10.0.0.1', null], ['10.0.0.1', '10.0.0.1']],
  ['stay', '("a, b","[1,3]")', { place: 'a, b', nights: '[1,4)' }, '("a, b","[1,4]")'],
  ['stay[]', ['(a,"[1,3]")'], [{ place: 'a', nights: '[1,4)' }], ['(b,"[1,3]")']],
  ['nights', '[1,3]', '[1,4)', '[1,4]'],
  ['tsvector', 'b a:1', "'a':1 'b'", 'b a:2'],
  ['point', '1.0, 2', '(1,2)', '1,3'],
  ['box', '(0,0),(1,1)', '(1,1),(0,0)', '(0,0),(1,2)'],
  ['char(3)', 1, '1', 2],
  ['bytea', '\\xAB', '\\xab', '\\xABCD'],
  ['int4', '+007', 7, '+008'],
  ['timestamptz[]', ['2026-03-01T12:00+02:00'], ['2026-03-01T10:00:00+00:00'], ['2026-03-01T12:00Z']],
];

test.each(forms)(
  'a value of type %s has the form that the server gives it: %j',
  async (type, written, stored, other) => {
    await client.query(`CREATE TYPE stay AS (place text, nights int4range); CREATE DOMAIN nights AS int4range NOT NULL;
    CREATE TABLE form (id text PRIMARY KEY, "odd ""name" ${type})`);
    const destination = open({ table: 'form' });
    expect(states(await write(destination, [upsert({ id: 'a', 'odd "name': written })]))).toEqual(['confirmed']);
    const back = (await destination.read?.(['a'], never))?.get('a')?.record;
    expect(back).toEqual({ id: 'a', 'odd "name': stored });
    const answer = await destination.storedForms?.('odd "name', [other, written, written], never);
    expect(answer).toEqual([expect.anything(), stored, stored]);
    expect(answer?.[0]).not.toEqual(stored);
  },
);

test('a value that the column would refuse, or guess at, has no form, and neither has a column that is not there', async () => {
  const destination = open();
  await client.query(
    'CREATE TABLE cut (id text PRIMARY KEY, name name, letter "char", hours interval hour, span interval(0))',
  );
  const cut = open({ table: 'cut' });
  const tooMuch = { name: 'n'.repeat(64), letter: 'ab', hours: 'PT1H1M', span: 'PT1.5S' };
  for (const [field, value] of Object.entries(tooMuch)) {
    expect(await write(cut, [upsert({ id: field, [field]: value })])).toMatchObject([{ state: 'rejected', field }]);
    expect(await cut.storedForms?.(field, [value], never)).toEqual([undefined]);
  }
  const dates = ['2026-03-01T12:00:00+02:00', '01.03.2026', 'now', 'a\0b', { a: 1 }, '2026-99-01T00:00:00Z'];
  const none = undefined;
  expect(await destination.storedForms?.('issued', dates, never)).toEqual([
    '2026-03-01T10:00:00Z',
    none,
    none,
    none,
    none,
    none,
  ]);
  expect(await destination.storedForms?.('absent', ['x'], never)).toEqual([]);
  expect(await open({ table: 'no_such' }).storedForms?.('id', ['x'], never)).toEqual([]);
});
