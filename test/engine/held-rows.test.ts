import type { Destination, WriteItem } from '../../model/connector/connector.ts';
import { arraySource, createTestEngine } from '../support/engine.ts';

const fold = (key: string): string => key.toLowerCase();

test('invariant 6, safe deletes: a row that was written before its destination told identities is not deleted when its key is respelt', async () => {
  const rows = new Map<string, string>();
  const plain: Destination = {
    can: { upsert: true },
    limits: { records: 10, bytes: 1_000_000, concurrency: 1 },
    async write({ items }) {
      for (const { op, key, json } of items) {
        if (op === 'delete') rows.delete(fold(key));
        else rows.set(fold(key), JSON.parse(json).value);
      }
      return items.map(() => ({ state: 'confirmed' }) as const);
    },
  };
  const identify = async (items: readonly WriteItem[]) =>
    new Map(items.flatMap(({ key }, place) => (fold(key) === key ? [] : [[place, fold(key)] as const])));
  let told = false;
  let records = ['Ada', 'Bob', 'cy'].map((id) => ({ id, version: 1, value: id }));
  const source = arraySource(() => records);
  const engine = await createTestEngine([
    {
      name: 'folds',
      source,
      destination: {
        ...plain,
        get identify() {
          return told ? identify : undefined;
        },
      } as Destination,
      deletes: { maxShare: 1 },
    },
  ]);
  try {
    await engine.run('folds', { full: true });
    told = true;
    records = [
      { id: 'ada', version: 2, value: 'Ada Lovelace' },
      { id: 'cy', version: 1, value: 'cy' },
    ];
    await engine.run('folds', { full: true });
    expect([...rows]).toEqual([
      ['ada', 'Ada Lovelace'],
      ['cy', 'cy'],
    ]);
    expect(await engine.run('folds', { full: true })).toMatchObject({
      status: 'succeeded',
      counts: { deleted: 0, unchanged: 2 },
    });
  } finally {
    await engine.close();
  }
});
