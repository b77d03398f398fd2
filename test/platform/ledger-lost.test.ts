import type { Pool } from 'pg';
import { copyUnderFence } from '../../platform/ledger/deliveries/copy-under-fence.ts';
import { copyIn } from '../../platform/ledger/sql/copy-in.ts';
import { ledgerPool, transaction } from '../../platform/ledger/sql/sql.ts';
import { type CuttableProxy, startProxy } from '../support/cuttable-proxy.ts';
import { byWayOf, createTestDatabase, type TestDatabase } from '../support/database.ts';

describe('a connection of the ledger that is lost', () => {
  let database: TestDatabase;
  let proxy: CuttableProxy;
  let pool: Pool;
  beforeAll(async () => {
    database = await createTestDatabase();
    proxy = await startProxy(Number(new URL(database.url).port));
    pool = ledgerPool(byWayOf(proxy, database.url));
  });
  afterAll(async () => {
    await pool.end();
    await proxy.cut();
    await database.drop();
  });

  const lost = { code: 'LEDGER_UNAVAILABLE' };

  test.each(['before', 'after'] as const)(
    'in a transaction (%s) is a failure, and does not end the process',
    async (when) => {
      proxy.cutAt('pg_sleep', when);
      const work = transaction(pool, 'waiting', (client) => client.query('select pg_sleep(0)'));
      await expect(work).rejects.toMatchObject(lost);
    },
  );

  test.each(['before', 'after'] as const)('in a COPY with a statement (%s) is one too', async (when) => {
    proxy.cutAt('copy nothing', when);
    const copy = { text: 'copy nothing from stdin', rows: ['1\n'] };
    const work = copyUnderFence(pool, 'copying', { syncId: 1, fence: 1 }, copy, 'nothing as (select 1)', []);
    await expect(work).rejects.toMatchObject(lost);
  });

  test('rows that cannot be had are a failure before anything is sent, and the connection goes on', async () => {
    const client = await pool.connect();
    const rows = (function* (): Iterable<string> {
      yield '1\n';
      throw new Error('no more rows');
    })();
    await expect(copyIn(client, { text: 'copy nothing from stdin', rows })).rejects.toThrow('no more rows');
    expect((await client.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
    client.release();
  });
});
