import { migrate } from '../platform/ledger/migrate.ts';
import { ledgerPool } from '../platform/ledger/sql.ts';
import { withDatabase } from './support/database.ts';

const withPool = (work: (pool: ReturnType<typeof ledgerPool>) => Promise<void>) =>
  withDatabase(async (url) => {
    const pool = ledgerPool(url);
    try {
      await work(pool);
    } finally {
      await pool.end();
    }
  });

const FIRST = 'create table first (n integer);';
const SECOND = 'create table second (n integer);';

test('a migration that fails in the middle leaves the version before it, and the next start goes on there', async () => {
  await withPool(async (pool) => {
    const failing = `${SECOND} insert into second values (1 / 0);`;
    await expect(migrate(pool, [FIRST, failing])).rejects.toThrow('division by zero');
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
