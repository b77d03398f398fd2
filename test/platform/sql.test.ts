import pg from 'pg';
import { isSyncFailure, type SyncFailure } from '../../model/failure/failure.ts';
import { SqlRowFailure } from '../../model/failure/sql-failure.ts';
import type { SqlPool } from '../../platform/transports/sql/contract.ts';
import { type SqlPhase, sortSqlError } from '../../platform/transports/sql/errors.ts';
import { poolConfig, sqlPools } from '../../platform/transports/sql/pools.ts';
import { type CuttableProxy, startProxy } from '../support/cuttable-proxy.ts';
import { byWayOf, createTestDatabase, type TestDatabase } from '../support/database.ts';

const failureOf = async (work: Promise<unknown>): Promise<SyncFailure> => {
  const error = await work.then(
    () => new Error('it did not fail'),
    (reason: unknown) => reason,
  );
  if (!isSyncFailure(error)) throw error;
  return error;
};

const serverError = (code: string, more: object = {}): Error =>
  Object.assign(new Error('the message of the server'), { severity: 'ERROR', code, ...more });

describe('sorting of database errors', () => {
  const cases: readonly (readonly [string, string, SqlPhase, 'none' | 'unknown'])[] = [
    ['08006', 'SQL_UNAVAILABLE', 'transaction', 'none'],
    ['08006', 'SQL_UNAVAILABLE', 'commit', 'unknown'],
    ['57P01', 'SQL_UNAVAILABLE', 'single', 'unknown'],
    ['57P03', 'SQL_UNAVAILABLE', 'connect', 'none'],
    ['57014', 'TIMEOUT', 'transaction', 'none'],
    ['40001', 'SQL_UNAVAILABLE', 'commit', 'none'],
    ['40003', 'SQL_UNAVAILABLE', 'commit', 'unknown'],
    ['40P01', 'SQL_UNAVAILABLE', 'transaction', 'none'],
    ['55P03', 'SQL_UNAVAILABLE', 'transaction', 'none'],
    ['53100', 'SQL_UNAVAILABLE', 'transaction', 'none'],
    ['53300', 'SQL_UNAVAILABLE', 'connect', 'none'],
    ['25006', 'SQL_UNAVAILABLE', 'transaction', 'none'],
    ['28P01', 'AUTH_REJECTED', 'connect', 'none'],
    ['22P02', 'RECORD_REJECTED', 'transaction', 'none'],
    ['23505', 'RECORD_REJECTED', 'commit', 'none'],
    ['21000', 'RECORD_REJECTED', 'transaction', 'none'],
    ['P0001', 'RECORD_REJECTED', 'transaction', 'none'],
    ['42P01', 'SQL_REJECTED', 'transaction', 'none'],
    ['42501', 'SQL_REJECTED', 'single', 'none'],
    ['3D000', 'SQL_REJECTED', 'connect', 'none'],
    ['0A000', 'SQL_REJECTED', 'transaction', 'none'],
  ];
  test.each(cases)('SQLSTATE %s becomes %s in phase %s, effect %s', (state, code, phase, effect) => {
    expect(sortSqlError(serverError(state), phase)).toMatchObject({ code, effect });
  });

  const broken: readonly (readonly [string, string, string])[] = [
    ['ECONNREFUSED', '', 'SQL_UNAVAILABLE'],
    ['ECONNRESET', '', 'SQL_UNAVAILABLE'],
    ['EPIPE', '', 'SQL_UNAVAILABLE'],
    ['ENOTFOUND', '', 'DNS_FAILED'],
    ['ETIMEDOUT', '', 'TIMEOUT'],
    ['', 'Query read timeout', 'TIMEOUT'],
    ['', 'timeout exceeded when trying to connect', 'TIMEOUT'],
    ['', 'Connection terminated unexpectedly', 'SQL_UNAVAILABLE'],
    ['', 'The server does not support SSL connections', 'TLS_FAILED'],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', '', 'TLS_FAILED'],
  ];
  test.each(broken)(
    'a network error %s %s becomes %s, in doubt only once COMMIT was sent',
    (code, message, expected) => {
      const error = Object.assign(new Error(message), { code });
      expect(sortSqlError(error, 'transaction')).toMatchObject({ code: expected, effect: 'none' });
      expect(sortSqlError(error, 'commit')).toMatchObject({ code: expected, effect: 'unknown' });
    },
  );

  test('leaves alone what is no database error', () => {
    const error = new Error('a defect');
    expect(sortSqlError(error, 'transaction')).toBe(error);
  });

  test('reads the place of a bad row in a COPY up to the column, and nothing of the value', () => {
    const where = 'COPY stage, line 17, column total: "line 99, column secret: x"';
    const failure = sortSqlError(serverError('22P02', { where, detail: 'Key (a)=(secret)' }), 'transaction');
    expect(failure).toMatchObject({ fault: { copyLine: 17, column: 'total' } });
    expect(JSON.stringify(failure) + String(failure)).not.toContain('secret');
  });
});

describe('the configuration of a pool', () => {
  test.each([
    ['postgresql://u@localhost/db', false],
    ['postgresql://u@127.0.0.1:6000/db', false],
    ['postgresql://u@db.example.com/db', { rejectUnauthorized: true }],
    ['postgresql://u@db.example.com/db?sslmode=require', { rejectUnauthorized: false }],
    ['postgresql://u@db.example.com/db?sslmode=disable', false],
    ['postgresql://u@localhost/db?sslmode=verify-full', { rejectUnauthorized: true }],
  ])('%s uses TLS: %j', (url, ssl) => {
    expect(poolConfig({ url, timeoutMs: 1000 }).ssl).toEqual(ssl);
  });

  test('an address of another kind is refused, and not repeated', () => {
    expect(() => poolConfig({ url: 'mysql://u:pass@h/db', timeoutMs: 1000 })).toThrow(/postgresql:\/\//);
    expect(() => poolConfig({ url: 'mysql://u:pass@h/db', timeoutMs: 1000 })).not.toThrow(/pass/);
  });
});

describe('the SQL door', () => {
  let database: TestDatabase;
  let proxy: CuttableProxy;
  let pools: ReturnType<typeof sqlPools>;
  let sql: SqlPool;
  beforeAll(async () => {
    database = await createTestDatabase();
    const client = new pg.Client({ connectionString: database.url });
    await client.connect();
    await client.query('CREATE TABLE t (id int PRIMARY KEY, amount numeric CHECK (amount > 0), note text UNIQUE)');
    await client.end();
  });
  afterAll(() => database.drop());
  beforeEach(async () => {
    const { port, password } = new URL(database.url);
    proxy = await startProxy(Number(port));
    pools = sqlPools();
    const url = byWayOf(proxy, database.url);
    sql = pools.open({ url, password: decodeURIComponent(password), timeoutMs: 2_000 });
    await sql.query('TRUNCATE t');
  });
  afterEach(async () => {
    await pools.close();
    await proxy.cut();
  });
  const count = async (): Promise<number> => {
    const direct = new pg.Client({ connectionString: database.url });
    await direct.connect();
    const { rows } = await direct.query<{ count: number }>('SELECT count(*)::int AS count FROM t');
    await direct.end();
    return rows[0]?.count ?? -1;
  };

  test('gives long numbers, decimals and times exactly, as text', async () => {
    const [row] = await sql.query(
      `SELECT 9007199254740993::bigint AS long, 1.10::numeric AS decimal, 7::int AS small, true AS yes, null AS nothing,
       '2026-03-01 10:00:00.123456+02'::timestamptz AS time, '{"a": 12345678901234567890}'::jsonb AS json`,
    );
    expect(row).toEqual({
      long: '9007199254740993',
      decimal: '1.10',
      small: 7,
      yes: true,
      nothing: null,
      time: '2026-03-01 08:00:00.123456+00',
      json: '{"a": 12345678901234567890}',
    });
  });

  test('commits what a transaction did, and nothing of one that throws', async () => {
    await sql.transaction((session) => session.query('INSERT INTO t VALUES (1, 1, null)'));
    const work = sql.transaction(async (session) => {
      await session.query('INSERT INTO t VALUES (2, 1, null)');
      throw new Error('changed its mind');
    });
    await expect(work).rejects.toThrow('changed its mind');
    expect(await count()).toBe(1);
    expect(await sql.query('SELECT id FROM t')).toEqual([{ id: 1 }]);
  });

  test('copies rows in, and tells line and column of a bad one without its value', async () => {
    const copy = (chunks: readonly string[]) =>
      sql.transaction((session) => session.copyIn('COPY t (id, amount) FROM STDIN', chunks));
    await copy(['1\t2\n', '2\t3\n']);
    const failure = await failureOf(copy(['3\t2\n4\ttop-secret\n']));
    expect(failure).toBeInstanceOf(SqlRowFailure);
    expect(failure).toMatchObject({ code: 'RECORD_REJECTED', fault: { copyLine: 2, column: 'amount' } });
    expect(`${failure.message} ${failure.cause} ${JSON.stringify(failure)}`).not.toContain('top-secret');
    expect(await count()).toBe(2);
  });

  test('goes on with the connection of a COPY that was refused, whatever rows were sent after it', async () => {
    await sql.transaction(async (session) => {
      await session.query('SAVEPOINT before');
      const rows = Array.from({ length: 500 }, (_, id) => `${id}\t${'x'.repeat(1_000)}\n`);
      const refused = await failureOf(session.copyIn('COPY nowhere (id, note) FROM STDIN', rows));
      expect(refused).toMatchObject({ code: 'SQL_REJECTED' });
      await session.query('ROLLBACK TO SAVEPOINT before');
      await session.copyIn('COPY t (id, amount) FROM STDIN', ['1\t2\n']);
    });
    expect(await count()).toBe(1);
  });

  test('a connection lost in a COPY has no effect', async () => {
    proxy.cutAt('COPY t', 'after');
    const work = sql.transaction((session) => session.copyIn('COPY t (id, amount) FROM STDIN', ['1\t2\n']));
    expect(await failureOf(work)).toMatchObject({ code: 'SQL_UNAVAILABLE', effect: 'none' });
    expect(await count()).toBe(0);
  });

  test.each([
    ['a unique value', `INSERT INTO t VALUES (1, 1, 'top-secret'), (2, 1, 'top-secret')`, 't_note_key'],
    ['a check', `INSERT INTO t VALUES (1, -99123, 'top-secret')`, 't_amount_check'],
    ['a cast', `INSERT INTO t SELECT x::int FROM (VALUES ('top-secret')) AS v(x)`, ''],
  ])('names the constraint of %s, never a value', async (_name, statement, constraint) => {
    const failure = await failureOf(sql.query(statement));
    expect(failure.message).toContain(constraint);
    expect(`${failure.message} ${failure.cause} ${JSON.stringify(failure)}`).not.toMatch(/top-secret|99123/);
  });

  test('a connection lost before COMMIT has no effect', async () => {
    proxy.cutAt('pg_sleep', 'before');
    const work = sql.transaction(async (session) => {
      await session.query('INSERT INTO t VALUES (1, 1, null)');
      await session.query('SELECT pg_sleep(0)');
    });
    expect(await failureOf(work)).toMatchObject({ code: 'SQL_UNAVAILABLE', effect: 'none' });
    expect(await count()).toBe(0);
  });

  test.each([
    ['before', 0],
    ['after', 1],
  ] as const)('a connection lost %s the server has seen COMMIT leaves the effect unknown', async (when, rows) => {
    proxy.cutAt('COMMIT', when);
    const failure = await failureOf(sql.transaction((session) => session.query('INSERT INTO t VALUES (1, 1, null)')));
    expect(failure).toMatchObject({ code: 'SQL_UNAVAILABLE', effect: 'unknown' });
    expect(await count()).toBe(rows);
  });

  test('a statement that runs too long is cancelled and has no effect', async () => {
    const failure = await failureOf(sql.transaction((session) => session.query('SELECT pg_sleep(60)')));
    expect(failure).toMatchObject({ code: 'TIMEOUT', effect: 'none' });
  });

  test('goes on with a new connection when the server has ended an idle one', async () => {
    const direct = new pg.Client({ connectionString: database.url });
    await direct.connect();
    await direct.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
       WHERE application_name = 'syncline' AND datname = current_database()`,
    );
    await direct.end();
    const first = await sql.query('SELECT 1 AS one').catch((error: unknown) => error);
    if (isSyncFailure(first)) expect(first.code).toBe('SQL_UNAVAILABLE');
    expect(await sql.query('SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });

  test('says that the password is wrong without repeating it', async () => {
    const failure = await failureOf(
      pools.open({ url: database.url, password: 'wrong-password', timeoutMs: 2_000 }).query('SELECT 1'),
    );
    expect(failure).toMatchObject({ code: 'AUTH_REJECTED', effect: 'none' });
    expect(failure.message).not.toContain('wrong-password');
  });
});
