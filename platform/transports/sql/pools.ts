import { readFileSync } from 'node:fs';
import { type ConnectionOptions, rootCertificates } from 'node:tls';
import pg from 'pg';
import { isSyncFailure, SyncFailure } from '../../../model/failure/failure.ts';
import { copyIn } from '../../ledger/sql/copy-in.ts';
import type { OpenedTransport } from '../opened-transport.ts';
import type { SqlConfig, SqlPool, SqlSession } from './contract.ts';
import { type SqlPhase, sortSqlError } from './errors.ts';
import { surviveLostConnections } from './lost-connections.ts';

/** Connections to one database that one worker holds at most. */
const MAX_CONNECTIONS = 8;
/** The server's own time limit comes first, so that its answer says what happened. */
const GRACE_MS = 5_000;

/**
 * The SQL door: PostgreSQL through `pg`. Sorts every error, bounds every statement by `timeoutMs`, and gives values
 * exactly: booleans, floats and integers of 32 bits as JavaScript values, everything else as PostgreSQL's text,
 * with times in UTC.
 */
export function sqlPools(): OpenedTransport<SqlConfig, SqlPool> {
  const open = new Map<string, { readonly pool: pg.Pool; readonly door: SqlPool }>();
  const opened = (config: SqlConfig) => {
    const pool = new pg.Pool(poolConfig(config));
    surviveLostConnections(pool);
    return { pool, door: sqlPool(pool) };
  };
  return {
    open(config, onCall) {
      const id = JSON.stringify([config.url, config.password, config.timeoutMs, config.tls]);
      const known = open.get(id) ?? opened(config);
      open.set(id, known);
      return onCall === undefined ? known.door : counting(known.door, onCall);
    },
    async close() {
      const pools = [...open.values()];
      open.clear();
      await Promise.all(pools.map(({ pool }) => pool.end()));
    },
  };
}

const counting = (pool: SqlPool, onCall: () => void): SqlPool => ({
  query(text, values) {
    onCall();
    return pool.query(text, values);
  },
  transaction(work) {
    onCall();
    return pool.transaction(work);
  },
});

function sqlPool(pool: pg.Pool): SqlPool {
  return {
    query: (text, values) => withClient(pool, (client) => run(client, 'single', text, values)),
    transaction: (work) =>
      withClient(pool, async (client) => {
        await run(client, 'connect', 'BEGIN');
        const result = await work(session(client));
        await run(client, 'commit', 'COMMIT');
        return result;
      }),
  };
}

const session = (client: pg.PoolClient): SqlSession => ({
  query: (text, values) => run(client, 'transaction', text, values),
  copyIn: (text, rows) => sorted('transaction', () => copyIn(client, { text, rows })),
});

async function run<Row extends object>(
  client: pg.PoolClient,
  phase: SqlPhase,
  text: string,
  values?: readonly unknown[],
): Promise<readonly Row[]> {
  return sorted(phase, async () => {
    const answer = await client.query<Row>(text, values === undefined ? undefined : [...values]);
    return answer.rows ?? [];
  });
}

async function withClient<T>(pool: pg.Pool, use: (client: pg.PoolClient) => Promise<T>): Promise<T> {
  const client = await sorted('connect', () => pool.connect());
  let broken = true;
  try {
    const result = await use(client);
    broken = false;
    return result;
  } catch (error) {
    broken = !(await rolledBack(client, error));
    throw error;
  } finally {
    client.release(broken);
  }
}

/** Whether the connection is clean again. Only a failure that the server itself reported leaves it usable. */
async function rolledBack(client: pg.PoolClient, error: unknown): Promise<boolean> {
  const lost = isSyncFailure(error) && ['SQL_UNAVAILABLE', 'TIMEOUT'].includes(error.code);
  if (lost) return false;
  return client.query('ROLLBACK').then(
    () => true,
    () => false,
  );
}

async function sorted<T>(phase: SqlPhase, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw sortSqlError(error, phase);
  }
}

/** Booleans, 16- and 32-bit integers, floats: types that JavaScript holds exactly. By type number (pg_type.oid). */
const exactInJavaScript: Readonly<Record<number, (text: string) => unknown>> = {
  16: (text) => text === 't',
  21: Number,
  23: Number,
  700: Number,
  701: Number,
};
const asText = (text: string): string => text;

const loopback = /^(localhost|127\.\d+\.\d+\.\d+|\[?::1\]?|)$/;

/** The driver's configuration: `sslmode` of the address decides on TLS; without it, all but loopback is verified. */
export function poolConfig(config: SqlConfig): pg.PoolConfig {
  const url = parsedUrl(config.url);
  const host = decodeURIComponent(url.hostname).replace(/^\[|\]$/g, '');
  const mode = url.searchParams.get('sslmode') ?? (loopback.test(host) ? 'disable' : 'verify-full');
  return {
    host: url.searchParams.get('host') ?? (host || 'localhost'),
    port: Number(url.port || 5432),
    user: decodeURIComponent(url.username) || 'postgres',
    database: decodeURIComponent(url.pathname.slice(1)) || 'postgres',
    ...(config.password === undefined ? {} : { password: config.password }),
    ssl: mode === 'disable' ? false : sslOf(mode, config.tls),
    max: MAX_CONNECTIONS,
    application_name: 'syncline',
    keepAlive: true,
    connectionTimeoutMillis: config.timeoutMs,
    statement_timeout: config.timeoutMs,
    query_timeout: config.timeoutMs + GRACE_MS,
    // A worker that is paused inside a transaction must not hold its locks for ever.
    idle_in_transaction_session_timeout: config.timeoutMs,
    options: SESSION.map((setting) => `-c ${setting}`).join(' '),
    types: { getTypeParser: (oid: number) => exactInJavaScript[oid] ?? asText },
  };
}

/**
 * What decides how values are read and written, and what a server, database or role may have changed: what a client says
 * when it connects comes before these (PostgreSQL manual, 20.1.3).
 */
const SESSION = [
  'timezone=UTC',
  'datestyle=ISO,YMD',
  'intervalstyle=iso_8601',
  'bytea_output=hex',
  'extra_float_digits=3',
  'lc_monetary=C',
  'array_nulls=on',
  'xmloption=content',
  'standard_conforming_strings=on',
] as const;

/** `require` encrypts without verifying, as libpq does. */
function sslOf(mode: string, tls: SqlConfig['tls']): ConnectionOptions {
  return {
    rejectUnauthorized: mode !== 'require',
    ...(tls?.caFile && { ca: [...rootCertificates, readFileSync(tls.caFile, 'utf8')] }),
    ...(tls?.minVersion && { minVersion: `TLSv${tls.minVersion}` as const }),
  };
}

function parsedUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^postgres(ql)?:$/.test(url.protocol))
    throw new SyncFailure('SQL_REJECTED', 'the address of the database is not a postgresql:// URL', { effect: 'none' });
  return url;
}
