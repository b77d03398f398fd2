import { setTimeout as sleep } from 'node:timers/promises';
import rest from '../connectors/rest.ts';
import { createTestEngine, type TestEngine } from './support/engine.ts';
import { journalDestination } from './support/journal.ts';
import { connectionTo, doorTo, httpTools } from './support/tools.ts';
import { json, withServer } from './support/with-server.ts';

let engine: TestEngine | undefined;
/** The first engine of a process loads the SDK and bundles the workflows: no test's own time. */
beforeAll(async () => (await createTestEngine([])).close(), 180_000);
afterEach(async () => {
  await engine?.close();
  engine = undefined;
});

test('while a page is made durable one more is in hand and one asked for, so that a crash reads three again at the most', async () => {
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
      while (requests.length < 3) await sleep(20);
      await sleep(500);
      expect(requests).toHaveLength(3);
      await lock.query('rollback');
      lock.release();
      expect(await handle.result()).toMatchObject({ status: 'succeeded', counts: { fetched: 8 } });
      expect(requests).toHaveLength(8);
      http.close();
    },
  );
});
