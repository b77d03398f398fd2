import pg from 'pg';
import type { Connection } from '../../model/connection/connection.ts';
import type { Connector, ConnectorTools } from '../../model/connector/connector.ts';
import { SyncFailure } from '../../model/failure/failure.ts';
import type { Json } from '../../model/record/json.ts';
import { underFileLock } from '../../platform/foundation/file-lock.ts';
import { openTransports } from '../../platform/transports/transports.ts';
import { type Sample, sample } from '../../testing/samples.ts';
import type { LiveSystem, Subject } from '../../testing/subject.ts';
import { startProxy } from './cuttable-proxy.ts';
import { byWayOf, createTestDatabase } from './database.ts';

const columns = `id text PRIMARY KEY, name text NOT NULL, note text, amount numeric, exact numeric, nested jsonb,
  updated timestamptz`;

/** A connection of kind `postgres` to this database. */
export function postgresConnection(url: string, timeoutMs = 10_000): Connection {
  const address = new URL(url);
  address.password = '';
  const settings = { url: address.href, password: { env: 'DATABASE_PASSWORD' } };
  return { name: 'warehouse', kind: 'postgres', settings, limits: {}, timeoutMs, maxResponseBytes: 1 << 26 };
}

/** Tools with a real SQL door; `close` ends its connections. */
export function sqlTools(url: string): ConnectorTools & { close(): Promise<void> } {
  const transports = openTransports();
  const silent = () => undefined;
  return {
    http: { request: () => Promise.reject(new SyncFailure('INTERNAL', 'no HTTP here')) },
    open: transports.open,
    secret: async () => decodeURIComponent(new URL(url).password),
    log: { debug: silent, info: silent, warn: silent, error: silent },
    underFileLock,
    projectFolder: '/',
    close: () => transports.close(),
  };
}

/** A database of its own with an empty table to read and one to write, behind a proxy that can be cut. */
async function postgresSystem(): Promise<LiveSystem> {
  const database = await createTestDatabase();
  const proxy = await startProxy(Number(new URL(database.url).port));
  const tools = sqlTools(database.url);
  const client = new pg.Client({ connectionString: database.url });
  await client.connect();
  await client.query(`CREATE TABLE incoming (${columns}); CREATE TABLE outgoing (${columns})`);
  return {
    connection: postgresConnection(byWayOf(proxy, database.url), 5_000),
    tools,
    source: { table: 'public.incoming', key: 'id', version: 'updated', pageRecords: 10 },
    destination: { table: 'outgoing', key: 'id' },
    seed: (samples) => seed(client, samples),
    stored: () => storedIn(client),
    takeDown: proxy.cut,
    async close() {
      await tools.close();
      await proxy.cut();
      await client.end();
      await database.drop();
    },
  };
}

async function seed(client: pg.Client, samples: readonly Sample[]): Promise<void> {
  await client.query(
    `INSERT INTO incoming SELECT * FROM json_populate_recordset(NULL::incoming, $1)
     ON CONFLICT (id) DO UPDATE SET (name, note, amount, exact, nested, updated) =
       (excluded.name, excluded.note, excluded.amount, excluded.exact, excluded.nested, excluded.updated)`,
    [JSON.stringify(samples)],
  );
}

async function storedIn(client: pg.Client): Promise<ReadonlyMap<string, Json>> {
  const { rows } = await client.query<{ id: string; record: Json }>(
    `SELECT id, (to_jsonb(o) || jsonb_build_object('exact', o.exact::text)) AS record FROM outgoing o`,
  );
  return new Map(rows.map(({ id, record }) => [id, record]));
}

/** What PostgreSQL makes of a sample: the same, with its time in PostgreSQL's form. */
const inPostgresForm = (one: Sample): Sample => ({
  ...one,
  updated: one.updated.replace('.000Z', '+00:00'),
});

/** The entry of the acceptance suite. */
export const postgresSubject = (connector: Connector): Subject => ({
  connector,
  setUp: postgresSystem,
  required: { settings: ['url'], source: ['table', 'key'], destination: ['table', 'key'] },
  whenDown: 'SQL_UNAVAILABLE',
  asRead: inPostgresForm,
  asStored: (one) => {
    // A row read back has its time in UTC with a `Z`, the row in the table as PostgreSQL writes it: both are checked elsewhere.
    const { updated: _time, ...rest } = one;
    return rest;
  },
  badRecord: () => ({ ...sample(9), id: 'bad', amount: 'not a number' }),
});
