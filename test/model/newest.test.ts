import fc from 'fast-check';
import { contentOf } from '../../model/record/content.ts';
import { Newest } from '../../model/record/newest.ts';
import type { ReadyRecord } from '../../model/record/prepared.ts';

const record = (key: string, version: number | null, ordinal: number): ReadyRecord => ({
  ...{ key, version, ordinal, content: contentOf('{}'), hash: '' },
});

/** By a map of them all. */
function expected(records: readonly ReadyRecord[]): { kept: ReadyRecord[]; superseded: number } {
  const newest = new Map<string, ReadyRecord>();
  for (const one of records) {
    const known = newest.get(one.key);
    const compare = known !== undefined && known.version !== null && one.version !== null;
    if (!compare || Number(one.version) >= Number(known.version)) newest.set(one.key, one);
  }
  return { kept: [...newest.values()], superseded: records.length - newest.size };
}

const facts = fc.record({
  key: fc.oneof(fc.constantFrom('', 'a', 'b', 'é', '9', '10'), fc.string({ maxLength: 3 })),
  version: fc.option(fc.integer({ min: -2, max: 3 })),
});

test.each([
  ['in any order', (keys: readonly { key: string; version: number | null }[]) => keys],
  [
    'sorted by key',
    (keys: readonly { key: string; version: number | null }[]) =>
      [...keys].sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0)),
  ],
] as const)('invariant 5, newest wins: of records %s one of each key stays', (_, ordered) => {
  fc.assert(
    fc.property(fc.array(facts, { maxLength: 40 }), (given) => {
      const records = ordered(given).map(({ key, version }, ordinal) => record(key, version, ordinal));
      const newest = new Newest();
      const superseded = records.filter((one) => newest.add(one)).length;
      expect({ kept: newest.records, superseded }).toEqual(expected(records));
    }),
  );
});
