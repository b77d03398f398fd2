import type { Destination, WriteItem } from '../../model/connector/connector.ts';
import type { Json } from '../../model/record/json.ts';
import { arraySource, createTestEngine, type TestEngine } from '../support/engine.ts';
import { journalDestination } from '../support/journal.ts';

let engine: TestEngine | undefined;
afterEach(async () => {
  await engine?.close();
  engine = undefined;
});

test('records are encoded while they are read until a batch shows that hardly any is to be written, and are written all the same', async () => {
  const records: Json[] = Array.from({ length: 20 }, (_, n) => ({ id: `o${n}`, version: n, value: `v${n}` }));
  const books = journalDestination({ upsert: true, lookupLagMs: 0 });
  const encodedKeys: string[] = [];
  const written: WriteItem[] = [];
  const destination: Destination = {
    ...books,
    encode(record, { text }) {
      encodedKeys.push(String(record['id']));
      return { json: text };
    },
    write(request) {
      written.push(...request.items);
      return books.write(request);
    },
  };
  const takeAll = () => ({ encoded: encodedKeys.splice(0).length, written: written.splice(0) });
  engine = await createTestEngine([{ name: 'guess', source: arraySource(() => records), destination, mode: 'full' }]);

  await engine.run('guess');
  const first = takeAll();
  expect(first.encoded).toBe(20);
  expect(first.written.every(({ encoded, json }) => JSON.stringify(encoded) === JSON.stringify({ json }))).toBe(true);

  await engine.run('guess');
  expect(takeAll()).toMatchObject({ encoded: 20, written: [] });

  records[3] = { id: 'o3', version: 99, value: 'changed' };
  await engine.run('guess');
  const third = takeAll();
  expect(third.encoded).toBe(0);
  expect(third.written.map(({ key, encoded }) => [key, encoded])).toEqual([['o3', undefined]]);
  expect(books.effects).toHaveLength(21);

  for (let n = 0; n < 10; n++) records[n] = { id: `o${n}`, version: 100 + n, value: 'again' };
  await engine.run('guess');
  expect(takeAll().encoded).toBe(0);
  records[0] = { id: 'o0', version: 200, value: 'and again' };
  await engine.run('guess');
  expect(takeAll().encoded).toBe(20);
});
