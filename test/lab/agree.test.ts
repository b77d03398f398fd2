import pg from 'pg';
import { z } from 'zod';
import { postgres } from '../../connectors/postgres/index.ts';
import { compareSync } from '../../engine/compare/compare.ts';
import { startRowCounter } from '../../lab/bench/row-counter.ts';
import { byWayOf, createTestDatabase } from '../support/database.ts';
import { createTestEngine } from '../support/engine.ts';
import { postgresConnection, sqlTools } from '../support/postgres-system.ts';

const ROWS = 50_000;

const differences = `
  UPDATE there SET value = 'by hand' WHERE id IN ('i7', 'i700', 'i20000', 'i49999');
  DELETE FROM there WHERE id IN ('i8', 'i9000', 'i30000', 'i44444');
  UPDATE there SET version = 0 WHERE id IN ('i12345', 'i23456')`;

test('ten differences among many rows are found and mended with under one row in a hundred transferred', async () => {
  const database = await createTestDatabase();
  const client = new pg.Client({ connectionString: database.url });
  await client.connect();
  const counter = await startRowCounter(Number(new URL(database.url).port));
  const url = byWayOf(counter, database.url);
  const tools = sqlTools(url);
  const given = postgresConnection(url, 60_000);
  const connection = { ...given, settings: postgres.connector.settings.parse(given.settings) };
  const { source, destination } = postgres.connector;
  const engine = await createTestEngine([
    {
      name: 'many',
      from: z.object({ id: z.string(), version: z.int(), value: z.string() }),
      source: source.open(connection, source.options.parse({ table: 'here', key: 'id' }), tools),
      destination: destination.open(
        connection,
        destination.options.parse({ table: 'there', key: 'id', verify: 'checksums' }),
        tools,
      ),
      policy: { readBack: 0 },
    },
  ]);
  try {
    await client.query(`
      CREATE TABLE here (id text PRIMARY KEY, version int NOT NULL, value text NOT NULL);
      CREATE TABLE there (LIKE here INCLUDING ALL);
      INSERT INTO here SELECT 'i' || n, 1, 'value of ' || n FROM generate_series(1, ${ROWS}) n`);
    expect((await engine.run('many')).counts).toMatchObject({ delivered: ROWS });
    await client.query(differences);

    counter.reset();
    const world = { toolsFor: () => tools };
    const compare = () =>
      compareSync({ world, ledger: engine.ledger }, engine.loaded('many'), {
        signal: new AbortController().signal,
        tell: () => {},
      });
    const found = await compare();
    expect([found.missing.length, found.different.length]).toEqual([4, 6]);
    const { syncId } = await engine.ledger.plans.standing('many');
    await engine.ledger.compare.markForRepair(syncId, [...found.missing, ...found.different], 'mending');
    const { counts } = await engine.run('many', { run: 'mending', from: 'repair' });
    expect(counts).toMatchObject({ fetched: 10, delivered: 10 });
    const after = await compare();
    expect([after.missing.length, after.different.length]).toEqual([0, 0]);

    const { fromServer, toServer } = counter.counted;
    expect(toServer).toBe(10);
    expect(fromServer).toBeGreaterThan(10);
    expect(fromServer + toServer).toBeLessThan(2 * ROWS * 0.01);
    const { rows } = await client.query('SELECT count(*)::int AS n FROM here JOIN there USING (id, version, value)');
    expect(rows).toEqual([{ n: ROWS }]);
  } finally {
    await engine.close();
    await tools.close();
    await counter.close();
    await client.end();
    await database.drop();
  }
});
