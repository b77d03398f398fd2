import fc from 'fast-check';
import pg from 'pg';
import { postgres } from '../../connectors/postgres/index.ts';
import type { Page, Position, Source } from '../../model/connector/connector.ts';
import { isRecord, type Json } from '../../model/record/json.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { postgresConnection, sqlTools } from '../support/postgres-system.ts';

const { connector } = postgres;
type SourceInput = Parameters<typeof postgres.source>[1];

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
  await client.query(
    'DROP TABLE IF EXISTS orders; CREATE TABLE orders (id int, region text, changed timestamptz, total numeric)',
  );
});

function open(options: SourceInput): Source {
  const connection = postgresConnection(database.url);
  const settings = connector.settings.parse(connection.settings);
  return connector.source.open({ ...connection, settings }, connector.source.options.parse(options), tools);
}

const never = new AbortController().signal;
async function read(source: Source, position: Position | null = null, since: string | null = null): Promise<Page[]> {
  const pages: Page[] = [];
  for await (const page of source.read({ position, since, signal: never })) pages.push(page);
  return pages;
}
const ids = (pages: readonly Page[]): Json[] =>
  pages.flatMap(({ records }) => records.map((record) => (isRecord(record) ? (record['id'] ?? null) : record)));

describe('the postgres source', () => {
  test('in a database without an encoding a row that is no UTF-8 is set aside, and the others are read', async () => {
    const url = new URL(database.url);
    const name = `${url.pathname.slice(1)}_ascii`;
    await client.query(`CREATE DATABASE ${name} ENCODING 'SQL_ASCII' TEMPLATE template0 LOCALE 'C'`);
    url.pathname = `/${name}`;
    const there = sqlTools(url.href);
    const ascii = new pg.Client({ connectionString: url.href });
    try {
      await ascii.connect();
      await ascii.query('CREATE TABLE people (id int PRIMARY KEY, name text)');
      await ascii.query(
        String.raw`INSERT INTO people VALUES (1, 'Ada'), (2, E'caf\351'), (3, E'caf\303\251'), (4, E'\200')`,
      );
      const connection = postgresConnection(url.href);
      const settings = connector.settings.parse(connection.settings);
      const options = connector.source.options.parse({ table: 'people', key: 'id', pageRecords: 2 });
      const pages = await read(connector.source.open({ ...connection, settings }, options, there));
      expect(pages.flatMap(({ records }) => records)).toEqual([
        { id: 1, name: 'Ada' },
        'a row with bytes that are not UTF-8: id 2',
        { id: 3, name: 'café' },
        'a row with bytes that are not UTF-8: id 4',
      ]);
    } finally {
      await ascii.end();
      await there.close();
      await client.query(`DROP DATABASE ${name}`);
    }
  });

  test('a row that cannot be computed is told as a fault of the source', async () => {
    await client.query('INSERT INTO orders VALUES (0)');
    await expect(read(open({ query: 'SELECT id, 1 / id AS share FROM orders', key: 'id' }))).rejects.toMatchObject({
      code: 'SQL_REJECTED',
      message: expect.stringContaining('a row of the source cannot be read'),
    });
  });

  test('a page carries the clock of the database', async () => {
    await client.query(
      'DROP TABLE IF EXISTS clocked; CREATE TABLE clocked AS SELECT n AS id FROM generate_series(1, 3) n',
    );
    const before = Date.now();
    const pages = await read(open({ table: 'clocked', key: 'id', pageRecords: 2 }));
    expect(pages).toHaveLength(2);
    for (const { asOfMs } of pages) {
      expect(asOfMs).toBeGreaterThan(before - 5_000);
      expect(asOfMs).toBeLessThan(Date.now() + 5_000);
    }
    await client.query('DROP TABLE clocked');
  });

  test('reads columns of any name, also of those that its statements use', async () => {
    const names = ['t', 'q', 'page', 'record', 'place', 'found', 'whole', 'sized', 'k', 'r', 'name'];
    await client.query(`DROP TABLE IF EXISTS named; CREATE TABLE named (id int PRIMARY KEY, ${names.map((name) => `${name} numeric`).join(', ')});
      INSERT INTO named VALUES (1${names.map((_, index) => `, ${index}.5`).join('')})`);
    const expected = { id: 1, ...Object.fromEntries(names.map((name, index) => [name, index + 0.5])) };
    for (const source of [
      open({ table: 'named', key: 'id' }),
      open({ query: 'SELECT * FROM named', key: 'id', version: 't' }),
    ]) {
      expect((await read(source)).flatMap(({ records }) => records)).toEqual([expected]);
      expect(await source.readKeys?.({ fields: ['id'], keys: [['1']], signal: never })).toEqual([expected]);
    }
    await client.query('DROP TABLE named');
  });

  test('refuses a query that gives two columns one name, and names it', async () => {
    await client.query(`INSERT INTO orders VALUES (1, 'x'), (2, 'y')`);
    const query = `SELECT o.id, o.region, c.region, 1 AS total, 'x' AS total FROM orders o JOIN orders c USING (id)`;
    await expect(read(open({ query, key: 'id' }))).rejects.toMatchObject({
      code: 'SQL_REJECTED',
      message: expect.stringContaining('several columns named region, total'),
    });
    const named = 'SELECT o.id, o.region, c.region AS other FROM orders o JOIN orders c USING (id)';
    expect(ids(await read(open({ query: named, key: 'id' })))).toEqual([1, 2]);
  });

  test('gives rows of equal version across pages once each, in order of version', async () => {
    await client.query(
      `INSERT INTO orders SELECT i, 'x', timestamptz '2026-01-01Z' + (i / 7) * interval '1 us' FROM generate_series(1, 50) i`,
    );
    const pages = await read(open({ table: 'orders', key: 'id', version: 'changed', pageRecords: 3 }));
    expect(ids(pages)).toEqual(Array.from({ length: 50 }, (_, index) => index + 1));
  });

  test('gives every row once whatever is null in key or version', async () => {
    const cell = fc.option(fc.integer({ min: 0, max: 3 }), { nil: null });
    const rows = fc.array(fc.record({ region: cell, day: cell }), { maxLength: 25 });
    await fc.assert(
      fc.asyncProperty(rows, fc.integer({ min: 6, max: 9 }), async (list, pageRecords) => {
        // A key is unique where it is whole, so its second part counts; more keyless rows than a page are an error.
        const some = list.filter(({ region }, index) => region !== null || index < 5);
        await client.query('TRUNCATE orders');
        for (const [id, { region, day }] of some.entries())
          await client.query(`INSERT INTO orders VALUES ($1, $2, timestamptz '2026-01-01Z' + $3 * interval '1 day')`, [
            id,
            region,
            day,
          ]);
        const pages = await read(open({ table: 'orders', key: ['region', 'id'], version: 'changed', pageRecords }));
        expect(ids(pages).sort((a, b) => Number(a) - Number(b))).toEqual(some.map((_, id) => id));
      }),
      { numRuns: 30 },
    );
  });

  test('gives every row once though the key is not unique, whatever ends a page', async () => {
    const groups = fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 1, maxLength: 12 });
    const sizes = fc.record({
      pageRecords: fc.integer({ min: 1, max: 7 }),
      pageBytes: fc.integer({ min: 1024, max: 2048 }),
      versioned: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(groups, sizes, async (counts, { pageRecords, pageBytes, versioned }) => {
        await client.query('TRUNCATE orders');
        const regions = counts.flatMap((count, group) => Array.from({ length: count }, () => group));
        await client.query(
          `INSERT INTO orders SELECT place, lpad(region::text, 200, '0'), timestamptz '2026-01-01Z', 1
           FROM unnest($1::int[]) WITH ORDINALITY AS list (region, place)`,
          [regions],
        );
        const version = versioned ? { version: 'changed' } : {};
        const pages = await read(open({ table: 'orders', key: 'region', pageRecords, pageBytes, ...version }));
        expect(ids(pages).sort((a, b) => Number(a) - Number(b))).toEqual(regions.map((_, index) => index + 1));
      }),
      { numRuns: 40 },
    );
  });

  test('says how many rows have the key of another one, and only then', async () => {
    await client.query(`INSERT INTO orders SELECT i, 'r' || i / 3 FROM generate_series(1, 20) i`);
    const told = async (key: readonly string[]) => {
      const source = open({ table: 'orders', key: 'region', pageRecords: 4 });
      const found = [];
      for await (const page of source.read({ position: null, since: null, signal: never, key }))
        found.push(...(page.notices ?? []));
      return found.at(-1);
    };
    expect(await told(['region'])).toMatchObject({ code: 'KEYS_REPEAT', subject: 'region', records: 13 });
    expect(await told(['region', 'id'])).toBeUndefined();
  });

  test('refuses more rows that are alike than a page may grow by, naming the columns', async () => {
    await client.query(`INSERT INTO orders SELECT i, 'x' FROM generate_series(1, 10003) i`);
    await expect(read(open({ table: 'orders', key: 'region', pageRecords: 3 }))).rejects.toMatchObject({
      code: 'SQL_REJECTED',
      message: expect.stringContaining('(region)'),
    });
  });

  test('reads no row twice and loses none that stays, while others come and go between pages', async () => {
    await client.query(`INSERT INTO orders SELECT i, 'x' FROM generate_series(1, 40) i`);
    const source = open({ table: 'orders', key: 'id', pageRecords: 5 });
    const seen: Json[] = [];
    let position: Position | null = null;
    do {
      const page: Page | undefined = await firstOf(source, position);
      seen.push(...ids(page ? [page] : []));
      position = page?.next ?? null;
      await client.query('DELETE FROM orders WHERE id = $1', [seen.length - 3]);
      await client.query('INSERT INTO orders VALUES ($1, $2)', [-seen.length, 'new']);
    } while (position !== null);
    expect(seen).toEqual(Array.from({ length: 40 }, (_, index) => index + 1));
  });

  test('keeps every digit of numbers and every microsecond of times', async () => {
    await client.query(
      `INSERT INTO orders VALUES (1, 'x', '2026-03-01 10:00:00.123456Z', 123456789012345678.90), (2, 'x', null, 0.10)`,
    );
    const [one, two] = (await read(open({ table: 'orders', key: 'id' }))).flatMap(({ records }) => records);
    expect(one).toMatchObject({ total: '123456789012345678.90', changed: '2026-03-01T10:00:00.123456+00:00' });
    expect(two).toMatchObject({ total: 0.1 });
  });

  test('ends a page at the limit of bytes, and gives a larger row a page of its own', async () => {
    await client.query(
      `INSERT INTO orders SELECT i, repeat('x', CASE WHEN i = 3 THEN 5000 ELSE 300 END) FROM generate_series(1, 8) i`,
    );
    const pages = await read(open({ table: 'orders', key: 'id', pageBytes: 1000 }));
    expect(ids(pages)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    expect(pages.length).toBeGreaterThan(2);
    for (const { body, records } of pages) expect(body.length < 1500 || records.length <= 3).toBe(true);
  });

  test('reads a query, and only what changed since a version', async () => {
    await client.query(
      `INSERT INTO orders SELECT i, 'r' || i % 2, timestamptz '2026-01-01Z' + i * interval '1 day' FROM generate_series(1, 9) i`,
    );
    const query = `SELECT id, changed FROM orders WHERE region = 'r1'; `;
    const source = open({ query, key: 'id', version: 'changed', pageRecords: 2 });
    expect(source.can).toEqual({ incremental: true, ordered: true, provesEnd: true });
    expect(ids(await read(source))).toEqual([1, 3, 5, 7, 9]);
    expect(ids(await read(source, null, '2026-01-06T00:00:00Z'))).toEqual([5, 7, 9]);
  });

  test('reads only the columns that are named', async () => {
    await client.query(`INSERT INTO orders VALUES (1, 'x', null, 2)`);
    const [page] = await read(open({ table: 'public.orders', key: 'id', columns: ['id', 'total'] }));
    expect(page?.records).toEqual([{ id: 1, total: 2 }]);
  });

  test('refuses more rows without a key than a page holds, naming the column', async () => {
    await client.query(`INSERT INTO orders SELECT null, 'x' FROM generate_series(1, 3)`);
    const work = read(open({ table: 'orders', key: 'id', pageRecords: 3 }));
    await expect(work).rejects.toMatchObject({ code: 'SQL_REJECTED', message: expect.stringContaining('(id)') });
  });

  test('names a table or column that does not exist', async () => {
    await expect(read(open({ table: 'nowhere', key: 'id' }))).rejects.toMatchObject({
      code: 'SQL_REJECTED',
      message: expect.stringContaining('nowhere'),
    });
    await expect(read(open({ table: 'orders', key: 'number' }))).rejects.toMatchObject({
      code: 'SQL_REJECTED',
      message: expect.stringContaining('number'),
    });
  });

  test('quotes names, so that no name can be read as SQL', async () => {
    await client.query(`CREATE TABLE "Odd ""Table""" ("The Key" int, "a;b" text)`);
    await client.query(`INSERT INTO "Odd ""Table""" VALUES (1, 'x')`);
    const [page] = await read(open({ table: '"Odd ""Table"""', key: 'The Key', columns: ['The Key', 'a;b'] }));
    expect(page?.records).toEqual([{ 'The Key': 1, 'a;b': 'x' }]);
  });

  test('refuses options that cannot work, before anything runs', () => {
    const bad: readonly unknown[] = [
      { key: 'id' },
      { table: 'a', query: 'SELECT 1', key: 'id' },
      { table: 'a.b.c', key: 'id' },
      { table: 'a', key: [] },
      { table: 'a', key: 'id', columns: ['b'] },
      { table: 'a', key: 'id', version: 'v', columns: ['id'] },
    ];
    for (const options of bad) expect(connector.source.options.safeParse(options).success).toBe(false);
    expect(connector.settings.safeParse({ url: 'postgresql://u:secret@h/db' }).success).toBe(false);
    expect(connector.settings.safeParse({ url: 'http://h/db' }).success).toBe(false);
  });
});

async function firstOf(source: Source, position: Position | null): Promise<Page | undefined> {
  for await (const page of source.read({ position, since: null, signal: never })) return page;
  return undefined;
}
