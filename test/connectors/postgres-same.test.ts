import { sameInPostgres, sameUnderKey } from '../../connectors/postgres/same.ts';
import type { Json } from '../../model/record/json.ts';

const same: readonly (readonly [string, Json, Json])[] = [
  ['a decimal with another scale', 12.5, '12.50'],
  ['a decimal text and the number read', '12.50', 12.5],
  ['long decimals of another scale', '12345678901234567.10', '12345678901234567.1'],
  ['an instant in another zone', '2026-03-01T12:00:00+02:00', '2026-03-01T10:00:00Z'],
  ['an instant with milliseconds', '2026-03-01T10:00:00.000Z', '2026-03-01T10:00:00+00:00'],
  ['a time in a column without zone', '2026-03-01T10:00:00Z', '2026-03-01T10:00:00'],
  ['a time with a space', '2026-03-01 10:00', '2026-03-01T10:00:00'],
  ['a UUID in capitals', 'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'],
  ['a number beyond any double, and its digits', '1e400', `1${'0'.repeat(400)}`],
  ['a UUID without hyphens', '{A0EEBC999C0B4EF8BB6D6BB9BD380A11}', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'],
  ['a day in a column with a time', '2026-03-01', '2026-03-01T00:00:00'],
  ['a midnight in a column of days', '2026-03-01T00:00:00', '2026-03-01'],
  ['a time of day without seconds', '10:00', '10:00:00'],
  ['an instant with a space before its offset', '2026-03-01 12:00:00 +0200', '2026-03-01T10:00:00Z'],
  ['a text in a char(n)', 'ab', 'ab   '],
  ['spans of the same parts', 'PT90M', 'PT1H30M'],
  ['a span as psql shows it', '1 year 2 mons', 'P1Y2M'],
  ['an amount of money', '1234.5', '$1,234.50'],
  ['an amount as a number', -5, '-$5.00'],
  ['a double in seventeen digits', '0.10000000000000001', 0.1],
  ['a truth in other words', 'T', true],
  ['a number in a text column', 5, '5'],
  ['a truth in a text column', true, 'true'],
  ['nested values in another order', { a: [1, { b: 2, c: 3 }] }, { a: [1, { c: 3, b: 2 }] }],
];
const different: readonly (readonly [string, Json, Json])[] = [
  ['texts that look like decimals', '1.10', '1.1'],
  ['texts with leading zeros', '007', '7'],
  ['a number and another text', 7, '007'],
  ['instants a microsecond apart', '2026-03-01T10:00:00.000001Z', '2026-03-01T10:00:00Z'],
  ['instants of other zones', '2026-03-01T10:00:00+02:00', '2026-03-01T10:00:00Z'],
  ['two times beyond the calendar', '2026-13-01T10:00:00Z', '2026-14-01T10:00:00Z'],
  ['long numbers that a double confuses', '9007199254740993', 9007199254740992],
  ['null and an empty text', null, ''],
  ['an empty text and a zone', '', 'Z'],
  ['a text and one with a space before it', 'ab', ' ab'],
  ['a text without the space at its end', 'ab ', 'ab'],
  ['a day and an hour of it', '2026-03-01', '2026-03-01T01:00:00'],
  ['months and days', 'P1M', 'P30D'],
  ['another truth', 'yes', true],
  ['lists of other lengths', [1], [1, 2]],
  ['objects with one field more', { a: 1 }, { a: 1, b: 2 }],
  ['a list and an object', [], {}],
];

describe('what PostgreSQL gives back says what was written', () => {
  test.each(same)('for %s', (_name, written, read) => {
    expect(sameInPostgres({ value: written }, { value: read, other: 1 })).toBe(true);
  });
  test.each(different)('but not for %s', (_name, written, read) => {
    expect(sameInPostgres({ value: written }, { value: read })).toBe(false);
  });
  test('for null and an absent column', () => {
    expect(sameInPostgres({ value: null }, {})).toBe(true);
    expect(sameInPostgres({ value: 1 }, {})).toBe(false);
  });
});

test('a row that was found by its key may spell it in another way, and nothing else', () => {
  const same = sameUnderKey(['id']);
  expect(same({ id: 'r4', text: 'a' }, { id: 'R4', text: 'a' })).toBe(true);
  expect(same({ id: 'r4', text: 'a' }, { id: 'R4', text: 'A' })).toBe(false);
});
