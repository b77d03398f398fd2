import { type Ledger, openLedger } from '../../platform/ledger/ledger.ts';
import { syncline } from '../support/command-line.ts';
import { withDatabase } from '../support/database.ts';
import { paperProject, paperSync, withProject } from '../support/temp-project.ts';

const files = paperProject({
  'syncs/orders.ts': paperSync
    .replace("key: 'id',", "key: 'id',\n  version: 'changed',")
    .replace("{ sheet: 'orders' }", "{ sheet: 'orders', since: 'day' }"),
  'syncs/plain.ts': paperSync,
});

type Cli = (...args: string[]) => Promise<{ readonly code: number | null; readonly document: unknown }>;

const withCli = (work: (cli: Cli, databaseUrl: string) => Promise<void>): Promise<void> =>
  withDatabase((databaseUrl) =>
    withProject(files, async (folder) => {
      const cli: Cli = async (...args) => {
        const ended = await syncline([...args, '--json', '--project', folder], databaseUrl);
        return { code: ended.code, document: JSON.parse(ended.stdout) };
      };
      await work(cli, databaseUrl);
    }),
  );

const refused = (code: string, message: RegExp) => ({
  code: 2,
  document: { error: { code, message: expect.stringMatching(message) } },
});

/** A sync that has read up to 2026-06-21, and whose ledger knows five records of the day before. */
async function withPosition<T>(databaseUrl: string, work: (ledger: Ledger) => Promise<T>): Promise<T> {
  const ledger = await openLedger(databaseUrl);
  try {
    await ledger.pool.query(
      `insert into syncs (name, watermark) values ('orders', '{"kind":"time","value":1782000000000000}')`,
    );
    await ledger.pool.query(
      `insert into watermarks (sync_id, run, watermark, at) select id, 'run-1', watermark, '2026-06-21' from syncs`,
    );
    await ledger.pool.query(
      `insert into ledger (version, intent, sync_id, state, hash, key)
       select 1781900000000000 + n, 0, id, 'd', gen_random_uuid(), n::text from syncs, generate_series(1, 5) n`,
    );
    return await work(ledger);
  } finally {
    await ledger.close();
  }
}

test('run --from says first what it would read again; positions, times and their order are checked', async () => {
  await withCli(async (cli, databaseUrl) => {
    expect(await cli('run', 'orders', '--from', '2 hours')).toMatchObject(refused('NO_POSITIONS', /has read nothing/));
    await withPosition(databaseUrl, async () => {});
    expect(await cli('positions', 'orders')).toMatchObject({
      code: 0,
      document: { positions: [{ run: 'run-1', position: '2026-06-21T00:00:00.000Z' }] },
    });
    expect(await cli('run', 'orders', '--from', '2026-06-01')).toMatchObject(
      refused('NOT_CONFIRMED', /again from 2026-06-01T00:00:00.000Z on: 5 records that the ledger knows;/),
    );
    expect(await cli('run', 'orders', '--from', 'run-1')).toMatchObject(refused('NOT_CONFIRMED', /: 0 records/));
    expect(await cli('run', 'orders', '--from', '2026-02-30')).toMatchObject(refused('USAGE', /expected a run/));
    expect(await cli('run', 'plain', '--from', '2026-06-01')).toMatchObject(
      refused('NO_POSITIONS', /reads everything/),
    );
    const range = ['--from', '2026-06-02', '--to', '2026-06-01'];
    expect(await cli('schedule', 'backfill', 'orders', ...range)).toMatchObject(refused('USAGE', /lies before/));
  });
}, 120_000);

test('positions set says first what would be read again, and puts a position back, never forward', async () => {
  await withCli((cli, databaseUrl) =>
    withPosition(databaseUrl, async ({ positions, pool }) => {
      const set = (...args: string[]) => cli('positions', 'set', 'orders', ...args);
      const value = async () => (await positions.current('orders'))?.value;
      expect(await set('2026-06-01')).toMatchObject(
        refused('NOT_CONFIRMED', /again from 2026-06-01T00:00:00.000Z on: 5 records that the ledger knows;/),
      );
      expect(await set('2026-07-01', '--yes')).toMatchObject(refused('USAGE', /only put back/));
      await pool.query(`update syncs set holder = 'run-2'`);
      expect(await set('2026-06-01', '--yes')).toMatchObject({ code: 7, document: { error: { code: 'LOCKED' } } });
      expect(await value()).toBe(1_782_000_000_000_000);
      await pool.query('update syncs set holder = null');
      expect(await set('2026-06-01', '--yes')).toMatchObject({
        code: 0,
        document: { since: '2026-06-01T00:00:00.000Z' },
      });
      expect(await value()).toBe(Date.UTC(2026, 5, 1) * 1000);
      expect((await positions.list('orders', 1))[0]?.run).toMatch(/^by hand 20/);
    }),
  );
}, 120_000);
