import fc from 'fast-check';
import { agreementNotices, FieldTallies, judgeBatch } from '../../model/record/agreement.ts';
import { alterationsOf, type Change, changeOf } from '../../model/record/alteration.ts';
import type { Json, JsonRecord } from '../../model/record/json.ts';

test.each<readonly [Json, Json, Change]>([
  ['a text', null, 'emptied'],
  ['a text', '', 'emptied'],
  [' a text ', 'a text', 'trimmed'],
  ['a text', 'a text   ', 'padded'],
  ['a text', 'a t', 'cut'],
  ['a text', 'A TEXT', 'upper-cased'],
  ['A Text', 'a text', 'lower-cased'],
  [12.345, 12.35, 'rounded'],
  ['12.345', '12.34', 'rounded'],
  [12.345, '12', 'rounded'],
  [12.345, 13.5, 'other'],
  ['a text', 'another', 'other'],
  [1, true, 'other'],
  [[1], [2], 'other'],
])('%j that came back as %j was %s', (written, read, change) => {
  expect(changeOf(written, read)).toBe(change);
});

const never = (): boolean => false;

test('records differ in the fields that were written and came back otherwise, and in no others', () => {
  const value = fc.oneof(fc.integer(), fc.string(), fc.constant(null));
  const record = fc.dictionary(fc.constantFrom('a', 'b', 'c', 'd'), value);
  fc.assert(
    fc.property(record, record, (written: JsonRecord, read: JsonRecord) => {
      const fields = alterationsOf(written, read, never).map(({ field }) => field);
      const differing = Object.keys(written).filter((field) => (written[field] ?? null) !== (read[field] ?? null));
      expect(fields).toEqual(differing);
      expect(alterationsOf(written, { ...read, ...written }, never)).toEqual([]);
    }),
  );
});

test("what is the same in the destination's own terms is no difference, field by field", () => {
  const same = (written: Json, read: Json) =>
    JSON.stringify(read).replace('12.50', '12.5') === JSON.stringify(written).replace('12.50', '12.5');
  expect(alterationsOf({ a: '12.5', b: 'x' }, { a: '12.50', b: 'y' }, same)).toEqual([{ field: 'b', change: 'other' }]);
  expect(alterationsOf('a text', { a: 1 }, never)).toEqual([{ field: '', change: 'other' }]);
});

const cut = [{ field: 'name', change: 'cut' }] as const;
const many = <T>(records: number, one: T): T[] => new Array<T>(records).fill(one);

test('a field that most of a batch lost is a habit; missing records, few, and those with another field are faulty by themselves', () => {
  const other = [...cut, { field: 'city', change: 'other' as const }];
  const mostly = judgeBatch([...many(150, cut), other, undefined, ...many(50, [])], new Set());
  expect([[...mostly.habits], mostly.faulty]).toEqual([['name'], [150, 151]]);
  const few = judgeBatch([...many(99, cut), []], new Set());
  expect([few.habits.size, few.faulty.length]).toEqual([0, 99]);
  const less = judgeBatch([...many(150, cut), ...many(150, [])], new Set());
  expect([less.habits.size, less.faulty.length]).toEqual([0, 150]);
  expect(judgeBatch([cut, undefined], new Set(['name'])).faulty).toEqual([1]);
});

test('a run tells what is missing once, and each field once', () => {
  const [different, habits] = [new FieldTallies(), new FieldTallies()];
  different.add(cut);
  different.add([{ field: 'name', change: 'emptied' }]);
  habits.add([{ field: 'city', change: 'upper-cased' }], 500);
  expect(agreementNotices({ missing: 2, unlooked: 0 }, different, habits)).toEqual([
    {
      code: 'NOT_AT_DESTINATION',
      subject: '',
      records: 2,
      detail: '2 records that the destination confirmed: not there',
    },
    { code: 'DIFFERS_AT_DESTINATION', subject: 'name', records: 2, detail: '2 records read back: cut, emptied' },
    { code: 'DESTINATION_ALTERS', subject: 'city', records: 500, detail: '500 records read back: upper-cased' },
  ]);
  expect(agreementNotices({ missing: 0, unlooked: 0 }, new FieldTallies(), new FieldTallies())).toEqual([]);
});
