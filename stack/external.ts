import pg from 'pg';
import { SyncFailure } from '../model/failure/failure.ts';
import { connectTemporal, registerSearchAttributes } from '../platform/temporal/connection.ts';
import { databaseProblem } from './database-problem.ts';

/** Proves that a named Temporal server serves the namespace, and makes our search attributes known to it. */
export async function checkTemporal(address: string, namespace: string): Promise<void> {
  const temporal = await connectTemporal(address, namespace);
  try {
    await registerSearchAttributes(temporal);
  } finally {
    await temporal.close();
  }
}

const connectTimeoutMs = 10_000;

/** Proves that a named database takes queries; answers its version. Throws LEDGER_UNAVAILABLE, never with the password. */
export async function checkDatabase(url: string): Promise<string> {
  const client = open(url);
  try {
    await client.connect();
    const { rows } = await client.query<{ version: string }>(`SELECT current_setting('server_version') AS version`);
    return rows[0]?.version ?? '';
  } catch (error) {
    throw new SyncFailure('LEDGER_UNAVAILABLE', databaseProblem(url, error));
  } finally {
    await client.end().catch(() => {});
  }
}

function open(url: string): pg.Client {
  try {
    const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: connectTimeoutMs });
    client.on('error', () => {});
    return client;
  } catch {
    throw new SyncFailure(
      'LEDGER_UNAVAILABLE',
      'DATABASE_URL is not a PostgreSQL address (postgresql://user@host/database)',
    );
  }
}
