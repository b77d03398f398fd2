import rest from '../../connectors/rest/index.ts';
import type { Destination } from '../../model/connector/connector.ts';
import type { Json } from '../../model/record/json.ts';
import { type DeliveryClass, deliveryClass } from '../../model/sync/delivery.ts';
import { arraySource, createTestEngine, type TestEngine, type TestSync } from '../support/engine.ts';
import { connectionTo, doorTo, httpTools } from '../support/tools.ts';
import { bodyOf, json, withServer } from '../support/with-server.ts';

const person = (id: string, value: string): Json => ({ id, version: 1, value });

interface Kind {
  readonly keyAs: NonNullable<Parameters<typeof rest.destination>[1]['keyAs']>;
  readonly fold: (key: string) => string;
  readonly promise: DeliveryClass;
  readonly bulk: boolean;
}

const handles = {
  T2: { idempotencyKey: { hours: 24 } },
  T3: { upsert: true },
  T4: {},
} as const;

/** A system over HTTP that makes one key of several. Its records are found by its own spelling only, and so answered. */
async function withSystem(
  { keyAs, fold, promise, bulk }: Kind,
  work: (open: () => Destination, rows: ReadonlyMap<string, string>) => Promise<void>,
  { cutsFirst = false } = {},
): Promise<void> {
  let cuts = cutsFirst;
  const rows = new Map<string, string>();
  const store = ({ id, value }: { readonly id: string; readonly value: string }): { readonly id: string } => {
    rows.set(fold(id), value);
    return { id: fold(id) };
  };
  await withServer(
    async (request, response) => {
      const url = new URL(request.url ?? '', 'http://x');
      const named = decodeURIComponent(url.pathname.split('/')[2] ?? '');
      const answer = (body: Json, status = 200): void => json(response, JSON.stringify(body), status);
      if (request.method === 'GET') {
        const asked = (url.searchParams.get('ids') ?? '').split(',');
        answer(asked.flatMap((id) => (rows.has(id) ? [person(id, rows.get(id) ?? '')] : [])));
      } else if (request.method === 'DELETE') answer({}, rows.delete(named) ? 200 : 404);
      else {
        const sent = JSON.parse(await bodyOf(request));
        if (cuts) {
          cuts = false;
          for (const one of [sent].flat()) store(one);
          request.socket.destroy();
          return;
        }
        if (bulk) answer(sent.map((one: never) => ({ ...store(one), status: 200 })).toReversed());
        else if (promise === 'T4' && request.method === 'POST' && rows.has(fold(sent.id))) answer({}, 409);
        else if (named !== '' && !rows.has(named)) answer({}, 404);
        else answer(store(sent));
      }
    },
    async ({ address }) => {
      const connection = connectionTo({ address, headers: {} });
      const http = doorTo(connection);
      const options = rest.connector.destination.options.parse({
        path: '/people',
        key: 'id',
        keyAs,
        lookup: { path: '/people', query: { ids: '{keys}' }, records: '' },
        delete: { path: '/people/{key}' },
        ...(bulk
          ? { bulk: { results: { list: '', status: 'status', key: 'id' } } }
          : { id: 'id', update: { path: '/people/{key}', method: 'PUT' } }),
        ...handles[promise as keyof typeof handles],
      });
      const settings = rest.connector.settings.parse(connection.settings);
      const open = () => rest.connector.destination.open({ ...connection, settings }, options, httpTools(http));
      try {
        await work(open, rows);
      } finally {
        http.close();
      }
    },
  );
}

async function withEngine(
  syncs: readonly TestSync[],
  work: (run: TestEngine['run'], engine: TestEngine) => Promise<void>,
) {
  const engine = await createTestEngine(syncs);
  try {
    await work(engine.run, engine);
  } finally {
    await engine.close();
  }
}

const lower: Kind = { keyAs: 'lower', fold: (key) => key.toLowerCase(), promise: 'T3', bulk: true };
const upper: Kind = { ...lower, keyAs: ['upper'], fold: (key) => key.toUpperCase() };
const trimmed: Kind = { ...lower, keyAs: 'trim', fold: (key) => key.trim() };
const bare: Kind = { ...lower, keyAs: ['no-leading-zeros', 'trim'], fold: (key) => key.trim().replace(/^0+(?=.)/, '') };

test.each<[string, string, DeliveryClass, boolean, Kind]>([
  ['Ada@x.com', 'ada@X.com', 'T2', false, lower],
  ['Ada@x.com', 'ada@X.com', 'T3', true, lower],
  ['Ada@x.com', 'ada@X.com', 'T4', false, lower],
  ['Ada@x.com', 'ada@X.com', 'T4', true, lower],
  ['Ada', 'ada', 'T3', false, upper],
  ['ada', 'Ada', 'T4', true, upper],
  [' a7', 'a7 ', 'T2', true, trimmed],
  ['a7', ' a7', 'T4', false, trimmed],
  ['007', '07', 'T2', true, bare],
  ['007', '7', 'T3', false, bare],
  [' 07', '7', 'T4', false, bare],
])(
  'a stated fold gives one row one owner: %p and %p at %s (in bulk: %p)',
  async (first, second, promise, bulk, kind) => {
    const { fold } = kind;
    await withSystem({ ...kind, promise, bulk }, async (open, rows) => {
      expect(deliveryClass(open().can)).toBe(promise);
      let records = [person(first, '1'), person('bob', '1'), person(second, 'other')];
      const sync: TestSync = {
        name: 'one-row',
        source: arraySource(() => records),
        destination: open(),
        deletes: 'delete',
        policy: { batchRecords: 2, maxRejectedAtLeast: 100, readBack: 'all' },
      };
      const bob = [fold('bob'), '1'] as const;
      await withEngine([sync], async (run, { ledger }) => {
        expect(await run('one-row')).toMatchObject({ status: 'partial', counts: { delivered: 2, quarantined: 1 } });
        expect(new Map(rows)).toEqual(new Map([[fold(first), '1'], bob]));
        const open = await ledger.quarantine.list('one-row', { state: 'open' });
        expect(open).toMatchObject([{ code: 'DESTINATION_KEY_TAKEN', key: second }]);
        expect(await run('one-row')).toMatchObject({
          status: 'partial',
          counts: { unchanged: 2, quarantined: 1 },
          reconciled: { missing: 0, different: 0 },
        });
        // Now it is only the same record, spelt in another way.
        records = [person(second, '2'), person('bob', '1')];
        expect(await run('one-row')).toMatchObject({
          status: 'succeeded',
          counts: { delivered: 1, unchanged: 1, quarantined: 0, deleted: 0 },
          reconciled: { missing: 0, different: 0 },
        });
        expect(new Map(rows)).toEqual(new Map([[fold(first), '2'], bob]));
        expect(await run('one-row')).toMatchObject({ status: 'succeeded', counts: { unchanged: 2, deleted: 0 } });
        records = [person('bob', '1')];
        expect(await run('one-row')).toMatchObject({ status: 'succeeded', counts: { deleted: 1 } });
        expect(new Map(rows)).toEqual(new Map([bob]));
      });
    });
  },
);

test.each<[DeliveryClass, boolean]>([
  ['T2', false],
  ['T3', true],
  ['T4', false],
])('a row has its owner also where the answer to its write was lost, at %s (in bulk: %p)', async (promise, bulk) => {
  await withSystem(
    { ...lower, promise, bulk },
    async (open, rows) => {
      let records = [person('Ada', '1')];
      const sync: TestSync = { name: 'lost', source: arraySource(() => records), destination: open() };
      await withEngine([sync], async (run) => {
        expect(await run('lost')).toMatchObject({ status: 'succeeded', counts: { delivered: 1 } });
        records = [person('Ada', '1'), person('ada', '2')];
        expect(await run('lost')).toMatchObject({ status: 'partial', counts: { unchanged: 1, quarantined: 1 } });
        expect([...rows]).toEqual([['ada', '1']]);
      });
    },
    { cutsFirst: true },
  );
});

test('a row that another sync has under another spelling stays, where both state the fold', async () => {
  await withSystem(lower, async (open, rows) => {
    let ours = [person('ada', '1'), person('bob', '1')];
    const sync = (name: string, records: () => Json[]): TestSync => ({
      name,
      source: arraySource(records),
      destination: open(),
      deletes: 'delete',
    });
    await withEngine([sync('ours', () => ours), sync('theirs', () => [person('ADA', '1')])], async (run) => {
      await run('ours');
      await run('theirs');
      ours = [person('carl', '1')];
      expect(await run('ours')).toMatchObject({ counts: { deleted: 1 } });
      expect([...rows.keys()].toSorted()).toEqual(['ada', 'carl']);
    });
  });
});
