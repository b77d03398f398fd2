import pg from 'pg';
import { LEDGER_SCHEMA } from '../../model/names.ts';
import { migrate } from '../../platform/ledger/schema/migrate.ts';
import { migrations } from '../../platform/ledger/schema/migrations.ts';
import { syncline } from '../support/command-line.ts';
import { withDatabase } from '../support/database.ts';
import { withProject } from '../support/temp-project.ts';

/** What a ledger looks like: its columns, indexes and constraints, in words that PostgreSQL gives. */
async function schemaOf(pool: pg.Pool): Promise<unknown> {
  const columns = await pool.query(
    `select table_name, column_name, data_type, is_nullable, column_default, collation_name, generation_expression
     from information_schema.columns where table_schema = $1 order by table_name, column_name`,
    [LEDGER_SCHEMA],
  );
  const indexes = await pool.query('select indexdef from pg_indexes where schemaname = $1 order by 1', [LEDGER_SCHEMA]);
  const constraints = await pool.query(
    `select conrelid::regclass::text as of, conname, pg_get_constraintdef(oid) as rule
     from pg_constraint where connamespace = $1::regnamespace order by 1, 2`,
    [LEDGER_SCHEMA],
  );
  return { columns: columns.rows, indexes: indexes.rows, constraints: constraints.rows };
}

const withPool = <T>(work: (pool: pg.Pool) => Promise<T>): Promise<T> =>
  withDatabase(async (connectionString) => {
    const pool = new pg.Pool({ connectionString, max: 2 });
    try {
      return await work(pool);
    } finally {
      await pool.end();
    }
  });

test('a ledger of any earlier version comes to the schema of a new one, and keeps what it knows', async () => {
  const now = migrations.length;
  const fresh = await withPool(async (pool) => {
    expect(await migrate(pool)).toEqual({ from: 0, to: now });
    expect(await migrate(pool)).toEqual({ from: now, to: now });
    return schemaOf(pool);
  });
  await withPool(async (pool) => {
    for (let version = 1; version < now; version++) {
      expect(await migrate(pool, migrations.slice(0, version))).toEqual({ from: 0, to: version });
      await pool.query(`insert into ${LEDGER_SCHEMA}.syncs (name) values ('kept')`);
      expect(await migrate(pool)).toEqual({ from: version, to: now });
      expect(await schemaOf(pool)).toEqual(fresh);
      expect((await pool.query(`select name from ${LEDGER_SCHEMA}.syncs`)).rows).toEqual([{ name: 'kept' }]);
      await pool.query(`drop schema ${LEDGER_SCHEMA} cascade`);
    }
  });
});

test('engines that start together wait for each other', async () => {
  await withPool(async (pool) => {
    const both = await Promise.all([migrate(pool), migrate(pool)]);
    expect(both.map(({ from }) => from).sort((a, b) => a - b)).toEqual([0, migrations.length]);
  });
});

const FIRST = 'create table first (n integer);';
const SECOND = 'create table second (n integer);';

test('a migration that fails in the middle leaves the version before it, and the next start goes on there', async () => {
  await withPool(async (pool) => {
    const failing = `${SECOND} insert into second values (1 / 0);`;
    await expect(migrate(pool, [FIRST, failing])).rejects.toThrow(
      'bringing the ledger from version 0 to 2: PostgreSQL 22012',
    );
    const { rows } = await pool.query("select to_regclass('first') is not null as kept, to_regclass('second') as half");
    expect(rows).toEqual([{ kept: true, half: null }]);
    expect(await migrate(pool, [FIRST, SECOND])).toEqual({ from: 1, to: 2 });
  });
});

test('an older engine refuses a newer ledger, and names both versions', async () => {
  await withPool(async (pool) => {
    await migrate(pool, [FIRST, SECOND]);
    await expect(migrate(pool, [FIRST])).rejects.toMatchObject({
      code: 'LEDGER_NEWER',
      message: 'the ledger has version 2, this engine knows 1',
    });
    expect(await migrate(pool, [FIRST, SECOND])).toEqual({ from: 2, to: 2 });
  });
});

/** What a replica does: nothing can be written from now on, not even a table that is there already. */
const acceptOnlyReads = (pool: pg.Pool, on: boolean): Promise<unknown> =>
  pool.query(
    `do $$ begin execute format('alter database %I set default_transaction_read_only = ${on}', current_database()); end $$`,
  );

test('a ledger that accepts only reads shows how the syncs are, and says so where something is to be written', () =>
  withDatabase((url) =>
    withProject({ 'connections.yaml': 'shop:\n  kind: files\n  folder: .\n' }, async (folder) => {
      const owner = new pg.Pool({ connectionString: url, max: 1 });
      try {
        await acceptOnlyReads(owner, true);
        const early = await syncline(['status', '--project', folder], url);
        expect(early.stderr).toContain('bringing the ledger from version 0');
        expect(early.stderr).toContain('the database accepts only reads, as a replica does (25006)');
        expect(early).toMatchObject({ code: 5 });
        await owner.query('set default_transaction_read_only = off');
        await migrate(owner);
        const shown = await syncline(['status', '--project', folder, '--json'], url);
        expect(shown).toMatchObject({ code: 0, stderr: expect.not.stringContaining('25006') });
        const release = await syncline(['connections', 'release', 'shop', '--project', folder], url);
        expect(release.stderr).toContain('the database accepts only reads, as a replica does (25006)');
        expect(release).toMatchObject({ code: 5 });
      } finally {
        await owner.end();
      }
    }),
  ));
