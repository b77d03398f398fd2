import { setTimeout as sleep } from 'node:timers/promises';
import rest from '../../connectors/rest/index.ts';
import type { Mapped } from '../../model/mapping/mapping.ts';
import { arraySource, createTestEngine, type TestEngine, testRecord } from '../support/engine.ts';
import { journalDestination } from '../support/journal.ts';
import { connectionTo, doorTo, httpTools } from '../support/tools.ts';
import { json, withServer } from '../support/with-server.ts';

let engine: TestEngine | undefined;
/** The first engine of a process loads the SDK and bundles the workflows: no test's own time. */
beforeAll(async () => (await createTestEngine([])).close(), 180_000);
afterEach(async () => {
  await engine?.close();
  engine = undefined;
});

test('a page is asked for when the one before it is durable, so that a crash reads one again at the most', async () => {
  const page = (n: number) => ({ records: [{ id: `r${n}`, version: n, value: 'v' }], next: n < 8 ? n + 1 : null });
  await withServer(
    (request, response) =>
      json(response, page(Number(new URL(request.url ?? '/', 'http://x').searchParams.get('cursor') ?? 1))),
    async ({ address, requests }) => {
      const connection = connectionTo({ address });
      const http = doorTo(connection);
      const source = rest.connector.source.open(
        { ...connection, settings: rest.connector.settings.parse(connection.settings) },
        rest.connector.source.options.parse({
          path: '/items',
          records: '/records',
          pagination: { kind: 'cursor', next: '/next' },
        }),
        httpTools(http),
      );
      engine = await createTestEngine([{ name: 'ahead', source, destination: journalDestination({ upsert: true }) }]);
      const lock = await engine.ledger.pool.connect();
      // Lets the staging be read and not written to.
      await lock.query('begin; lock table staged in share mode');
      const handle = await engine.start('ahead');
      try {
        while (requests.length === 0) await sleep(20);
        await sleep(500);
        expect(requests).toHaveLength(1);
      } finally {
        await lock.query('rollback');
        lock.release();
      }
      expect(await handle.result()).toMatchObject({ status: 'succeeded', counts: { fetched: 8 } });
      expect(requests).toHaveLength(8);
      http.close();
    },
  );
});

test('the next page is on its way while the latter half of a page is still validated and mapped', async () => {
  const seen: string[] = [];
  const size = 2_000;
  const records = Array.from({ length: 2 * size }, (_, n) => ({ id: `r${n}`, version: n, value: 'v' }));
  const source = arraySource(() => records, { pageSize: size, fail: (page) => void seen.push(`page ${page}`) });
  const map = (record: unknown): Mapped => {
    const { version = 0 } = testRecord.parse(record);
    // Long enough for the page to be staged meanwhile.
    if (version % 100 === 0) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 25);
    if (version % size === 0) seen.push(`page ${version / size} begun`);
    if (version % size === size - 1) seen.push(`page ${(version + 1) / size - 1} mapped`);
    return { state: 'mapped', record };
  };
  engine = await createTestEngine([{ name: 'beside', source, map, destination: journalDestination({ upsert: true }) }]);
  await engine.run('beside');
  const [first, begun, asked, mapped] = seen;
  expect([first, begun, asked, mapped]).toEqual(['page 0', 'page 0 begun', 'page 1', 'page 0 mapped']);
});

test('a last page that could not be made durable is read again before its batch is closed', async () => {
  const pages: number[] = [];
  const records = Array.from({ length: 20 }, (_, n) => ({ id: `r${n}`, version: n, value: 'v' }));
  const source = arraySource(() => records, { fail: (page) => void pages.push(page) });
  engine = await createTestEngine([{ name: 'last', source, destination: journalDestination({ upsert: true }) }]);
  // The database shuts down at the second page, once: a sequence is not rolled back.
  await engine.ledger.pool.query(`create sequence refused;
    create function refuse_once() returns trigger language plpgsql as $$ begin
      if new.part = 1 and nextval('refused') = 1 then raise exception 'down' using errcode = '57P01'; end if;
      return new;
    end $$;
    create trigger refuse before insert on staged for each row execute function refuse_once()`);
  expect(await engine.run('last')).toMatchObject({ status: 'succeeded', counts: { fetched: 20, delivered: 20 } });
  expect(pages).toEqual([0, 1, 1]);
});
