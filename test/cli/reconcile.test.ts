import { randomUUID } from 'node:crypto';
import { chmod } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { commandLine } from '../support/command-line.ts';
import { withDatabase } from '../support/database.ts';
import { withProject } from '../support/temp-project.ts';
import { testTemporal } from '../support/temporal.ts';
import { startWorkerProcess } from '../support/worker-process.ts';

const files = (databaseUrl: string): Record<string, string> => {
  const url = new URL(databaseUrl);
  const password = url.password;
  url.password = '';
  return {
    'connections.yaml': `shop:\n  kind: postgres\n  url: ${url.href}\n  password: { file: ./password }\nblind:\n  kind: rest\n  address: http://127.0.0.1:9\n  network: private\n`,
    password,
    'mappings/item.ts': `
import { map } from 'syncline';
import { z } from 'zod';
const Item = z.object({ id: z.string(), name: z.string() });
export const item = map(Item, Item, (one) => ({ id: one.id, name: one.name }));
`,
    'syncs/items.ts': `
import { defineSync } from 'syncline';
import postgres from 'syncline/connectors/postgres';
import { item } from '../../mappings/item.ts';
export default defineSync({
  source: postgres.source('shop', { table: 'incoming', key: 'id' }),
  key: 'id',
  mapping: item,
  destination: postgres.destination('shop', { table: 'outgoing', key: 'id', verify: 'checksums' }),
  deletes: { maxShare: 0.5 },
});
`,
    'syncs/blind.ts': `
import { defineSync } from 'syncline';
import postgres from 'syncline/connectors/postgres';
import rest from 'syncline/connectors/rest';
import { item } from '../../mappings/item.ts';
export default defineSync({
  source: postgres.source('shop', { table: 'incoming', key: 'id' }),
  key: 'id',
  mapping: item,
  destination: rest.destination('blind', { path: '/items' }),
});
`,
  };
};

interface Shop {
  readonly cli: (...args: string[]) => ReturnType<typeof commandLine>;
  readonly json: (...args: string[]) => Promise<unknown>;
  readonly query: (text: string) => Promise<readonly object[]>;
}

/** A project with a worker, whose two tables lie in the database of its ledger, with three records that were delivered. */
const withShop = (work: (shop: Shop) => Promise<void>): Promise<void> =>
  withDatabase((database) =>
    withProject(files(database), async (folder) => {
      await chmod(join(folder, 'password'), 0o600);
      const client = new pg.Client({ connectionString: database });
      await client.connect();
      const env = {
        TEMPORAL_ADDRESS: testTemporal(),
        DATABASE_URL: database,
        SYNCLINE_TASK_QUEUE: `shop-${randomUUID()}`,
      };
      const worker = await startWorkerProcess({ ...env, SYNCLINE_PROJECT: folder });
      try {
        await client.query(`CREATE TABLE incoming (id text PRIMARY KEY, name text);
          CREATE TABLE outgoing (LIKE incoming INCLUDING ALL);
          INSERT INTO incoming VALUES ('a', 'Ann'), ('b', 'Bob'), ('c', 'Cid')`);
        const cli = (...args: string[]) => commandLine([...args, '--project', folder], { env });
        const json = async (...args: string[]) => {
          const { stdout, stderr } = await cli(...args, '--json');
          try {
            return JSON.parse(stdout);
          } catch {
            throw new Error(`no document: ${stdout}\n${stderr}`);
          }
        };
        expect(await json('run', 'items', '--wait')).toMatchObject({ counts: { delivered: 3 } });
        await work({ cli, json, query: async (text) => (await client.query<object>(text)).rows });
      } finally {
        await worker.kill();
        await client.end();
      }
    }),
  );

test('reconcile --remove-extras says what it would remove, and removes it with --yes', async () => {
  await withShop(async ({ cli, json, query }) => {
    await query(`INSERT INTO outgoing VALUES ('x1', 'by hand'), ('x2', 'by hand')`);
    const asked = await cli('reconcile', 'items', '--repair', '--remove-extras');
    expect(asked).toMatchObject({ code: 2, stderr: expect.stringMatching(/2 records .* such as x1, x2; nothing/) });
    expect(await query('SELECT FROM outgoing')).toHaveLength(5);
    await query(`UPDATE outgoing SET name = 'by hand' WHERE id = 'a'`);
    expect(await json('reconcile', 'items', '--repair', '--remove-extras', '--yes')).toMatchObject({
      different: 1,
      extra: 2,
      samples: { extra: ['x1', 'x2'] },
      repair: { marked: 1, removed: 2, after: { checked: 3, missing: 0, different: 0, extra: 0 } },
    });
    expect(await query('SELECT id, name FROM outgoing ORDER BY id')).toEqual([
      { id: 'a', name: 'Ann' },
      { id: 'b', name: 'Bob' },
      { id: 'c', name: 'Cid' },
    ]);
    await query(`DELETE FROM incoming WHERE id = 'c'; DELETE FROM outgoing WHERE id = 'c'`);
    expect(await json('reconcile', 'items', '--repair')).toMatchObject({
      missing: 1,
      repair: { marked: 1, gone: 1, after: { checked: 2, missing: 0 } },
    });
  });
}, 180_000);

test('what a trigger drops keeps every run partial until reconcile --give-up leaves it, with its reason', async () => {
  await withShop(async ({ cli, json, query }) => {
    await query(`CREATE FUNCTION drop_dan() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN IF NEW.id = 'd' THEN RETURN NULL; END IF; RETURN NEW; END $$;
      CREATE TRIGGER drop_dan BEFORE INSERT OR UPDATE ON outgoing FOR EACH ROW EXECUTE FUNCTION drop_dan();
      INSERT INTO incoming VALUES ('d', 'Dan')`);
    for (const toldBefore of [false, true])
      expect(await json('run', 'items', '--wait')).toMatchObject({
        status: 'partial',
        counts: { delivered: 1, unchanged: 3 },
        notices: [{ code: 'NOT_AT_DESTINATION', records: 1, toldBefore }],
      });
    expect(await json('status', 'items')).toMatchObject({ unagreed: [{ key: 'd', finding: 'missing', times: 2 }] });
    expect(await cli('reconcile', 'items', '--give-up', '--yes')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('--reason'),
    });
    const asked = await cli('reconcile', 'items', '--give-up', '--reason', 'a test');
    expect(asked).toMatchObject({ code: 2, stderr: expect.stringMatching(/1 record would be left .*: d$/m) });
    expect(await json('reconcile', 'items', '--give-up', '--reason', 'a test', '--yes')).toEqual({
      sync: 'items',
      givenUp: 1,
    });
    expect(await json('run', 'items', '--wait')).toMatchObject({ status: 'succeeded', counts: { unchanged: 4 } });
    expect(await cli('explain', 'items', 'd')).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/missing at the destination since .*; given up 2\d{3}.*: a test$/m),
    });
  });
}, 300_000);

test('recover: a ledger from an older copy writes nothing again, and reconcile ends it', async () => {
  await withShop(async ({ cli, json, query }) => {
    // What the older copy would not know.
    await query(`DELETE FROM syncline.ledger WHERE key = 'b'`);
    const written = () => query(`SELECT xmin::text FROM outgoing WHERE id = 'b'`);
    const before = await written();
    const began = await cli('recover', 'items');
    expect(began).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^items recovers: the ledger knows 2 records and nothing after 2\d{3}-[^\n]+Z\.$/m),
    });
    expect(began.stdout).toContain('Each record is looked at in the destination before it is written');
    expect(await json('run', 'items', '--full', '--wait')).toMatchObject({ counts: { delivered: 1, unchanged: 2 } });
    expect(await written()).toEqual(before);
    await query(`UPDATE outgoing SET name = 'by hand' WHERE id = 'a'`);
    const faulty = await cli('reconcile', 'items');
    expect(faulty).toMatchObject({ code: 1, stdout: expect.stringContaining('1 different') });
    expect(faulty.stderr).not.toContain('the recovery is over');
    expect(await cli('reconcile', 'items', '--repair')).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('3 delivered records compared: 0 missing, 0 different, 0 extra'),
      stderr: expect.stringContaining('the recovery is over'),
    });
    expect(await cli('recover', 'blind')).toMatchObject({ code: 6, stderr: expect.stringContaining('MAY_REPEAT') });
  });
}, 180_000);

test('plan says in words what a full run would do: fields before and after, deletes, and how to have just that done', async () => {
  await withShop(async ({ cli, query }) => {
    await query(`UPDATE incoming SET name = 'Rob' WHERE id = 'b'; DELETE FROM incoming WHERE id = 'c'`);
    const { code, stdout } = await cli('plan', 'items', '--full');
    expect(code).toBe(0);
    expect(stdout).toMatch(/^items would run in mode full: it reads everything\. Nothing was written\.$/m);
    expect(stdout).toMatch(/FETCHED +CREATE +UPDATE +UNCHANGED[^\n]+DELETE *\n2 +0 +1 +1 .* 1 *$/m);
    expect(stdout).toMatch(/update +b +\/?name +"Bob" +"Rob"/);
    expect(stdout).toContain('It would delete, such as: c.');
    expect(stdout).toMatch(/^Do exactly this, or refuse: syncline run items --plan [0-9a-f]{16} --wait$/m);
    expect(await query('SELECT id, name FROM outgoing ORDER BY id')).toContainEqual({ id: 'b', name: 'Bob' });
  });
}, 180_000);
