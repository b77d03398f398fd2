import type { Destination, ItemOutcome, WriteRequest } from '../model/connector.ts';
import type { Json } from '../model/json.ts';
import { arraySource, createTestEngine, type TestEngine } from './support/engine.ts';

/** A destination with an append-only journal of effects. */
function journal(): Destination & {
  effects: { key: string; json: string }[];
  fail?: (request: WriteRequest) => ItemOutcome[] | undefined;
} {
  const effects: { key: string; json: string }[] = [];
  const state = new Map<string, Json>();
  return {
    effects,
    can: { upsert: true, lookupLagMs: 0 },
    limits: { records: 20, bytes: 100_000, concurrency: 2 },
    async write(request) {
      return request.items.map((item) => {
        effects.push({ key: item.key, json: item.json });
        state.set(item.key, JSON.parse(item.json));
        return { state: 'confirmed' };
      });
    },
    async read(keys) {
      return new Map(keys.flatMap((key) => (state.has(key) ? [[key, { record: state.get(key) ?? null }]] : [])));
    },
  };
}

const orders: Json[] = Array.from({ length: 95 }, (_, n) => ({ id: `o${n}`, version: n, value: `v${n}` }));
const books = journal();
let engine: TestEngine;

beforeAll(async () => {
  engine = await createTestEngine([
    {
      name: 'all',
      source: arraySource(() => orders),
      destination: books,
      mode: 'incremental',
      policy: { batchRecords: 30 },
    },
  ]);
});
afterAll(() => engine.close());

test('a run delivers every record once, and the next one only what changed', async () => {
  const first = await engine.run('all');
  expect(first).toMatchObject({
    status: 'succeeded',
    counts: { fetched: 95, delivered: 95, unchanged: 0 },
    reconciled: { checked: 95, missing: 0, different: 0 },
  });
  expect(books.effects).toHaveLength(95);

  orders[3] = { id: 'o3', version: 200, value: 'changed' };
  const second = await engine.run('all');
  expect(second.counts).toMatchObject({ fetched: 2, delivered: 1, unchanged: 1 });
  const third = await engine.run('all', { full: true });
  expect(third.counts).toMatchObject({ fetched: 95, delivered: 0, unchanged: 95 });
});
