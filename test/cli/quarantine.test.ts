import { openLedger } from '../../platform/ledger/ledger.ts';
import { syncline } from '../support/command-line.ts';
import { withDatabase } from '../support/database.ts';
import { paperProject, withProject } from '../support/temp-project.ts';

/** A record whose text would steer the terminal. */
const hostile = JSON.stringify({ id: 'o2', note: '\u001b[2J\u202egone' });

function expectHarmless(text: string): void {
  expect(text).not.toContain('\u001b');
  expect(text).not.toContain('\u202e');
}

/** A project whose sync has two records in quarantine, and its ledger. */
const withQuarantine = (work: (folder: string, database: string) => Promise<void>): Promise<void> =>
  withProject(paperProject(), (folder) =>
    withDatabase(async (database) => {
      const ledger = await openLedger(database);
      try {
        await ledger.pool.query(`insert into syncs (name) values ('orders')`);
        await ledger.pool.query(
          `insert into quarantine (sync_id, run, seq, ordinal, stage, key, code, field, rule, reason, record) values
             (1, 'r1', 1, 0, 'transform', 'o1', 'MAPPING_REJECTED', '/mail', 'orReject', 'has no mail', '{"id":"o1"}'),
             (1, 'r1', 1, 1, 'validate', 'o2', 'SOURCE_SCHEMA', '/note', 'string', 'odd', $1)`,
          [hostile],
        );
        await work(folder, database);
      } finally {
        await ledger.close();
      }
    }),
  );

test('list counts by reason, show prints a record safely, drop waits for --yes', async () => {
  await withQuarantine(async (folder, database) => {
    const quarantine = (...args: string[]) => syncline(['quarantine', ...args, '--project', folder], database);
    const list = await quarantine('list', 'orders');
    expect(list).toMatchObject({ code: 0 });
    expect(list.stdout).toMatch(/1 {2}MAPPING_REJECTED {2}\/mail/);
    const json = JSON.parse((await quarantine('list', 'orders', '--json', '--code', 'source-schema')).stdout);
    expect(json).toMatchObject({ reasons: [{ records: 1 }], entries: [{ key: 'o2', state: 'open' }] });
    expect(json.entries[0]).not.toHaveProperty('record');

    const show = await quarantine('show', 'orders', '--key', 'o2');
    expect(show.stdout).toContain('\\u202egone');
    expectHarmless(show.stdout);

    expect(await quarantine('drop', 'orders', '--field', '/mail')).toMatchObject({ code: 2, stdout: '' });
    const dropped = await quarantine('drop', 'orders', '--field', '/mail', '--yes', '--json');
    expect(JSON.parse(dropped.stdout)).toEqual({ sync: 'orders', dropped: 1 });
    expect((await quarantine('list', 'orders')).stdout).not.toContain('MAPPING_REJECTED');

    const explain = await syncline(['explain', 'orders', 'o2', '--project', folder], database);
    expect(explain).toMatchObject({ code: 0 });
    expect(explain.stdout).toContain('set aside');
    expectHarmless(explain.stdout);
  });
});

test('a misspelt sync is no empty quarantine, a misspelt code no empty choice', async () => {
  await withQuarantine(async (folder, database) => {
    const quarantine = (...args: string[]) => syncline(['quarantine', ...args, '--project', folder], database);
    expect(await quarantine('list', 'ordres')).toMatchObject({ code: 2, stderr: expect.stringContaining('`orders`') });
    expect(await quarantine('show', 'ordres')).toMatchObject({ code: 2, stderr: expect.stringContaining('`orders`') });
    expect(await quarantine('list', 'orders', '--code', 'mapping')).toMatchObject({ code: 2 });
    expect(await quarantine('replay', 'orders', '--key', 'o9')).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('nothing'),
    });
  });
});

test('retry takes a run, records by key, code, time or batch, or a connection; not two of them', async () => {
  await withQuarantine(async (folder, database) => {
    const retry = async (...args: string[]) => {
      const ended = await syncline(['retry', ...args, '--json', '--project', folder], database);
      return { code: ended.code, document: JSON.parse(ended.stdout) };
    };
    const refused = (code: string) => ({ code: 2, document: { error: { code } } });
    expect(await retry('orders', '--batch', '7')).toMatchObject({ code: 0, document: { status: 'nothing to replay' } });
    expect(await retry('orders', '--until', '1 hour')).toMatchObject({ document: { status: 'nothing to replay' } });
    expect(await retry('orders', '--since', '1 hour', '--until', '2 hours')).toMatchObject(refused('USAGE'));
    expect(await retry()).toMatchObject(refused('USAGE'));
    expect(await retry('orders', '--connection', 'books')).toMatchObject(refused('USAGE'));
    expect(await retry('--connection', 'boks')).toMatchObject(refused('CONNECTION_UNKNOWN'));
    expect(await retry('--connection', 'books')).toEqual({ code: 0, document: { connection: 'books', runs: [] } });
  });
}, 120_000);
