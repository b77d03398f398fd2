import fc from 'fast-check';
import { parseVersion } from '../../model/record/version.ts';

const two = (most: number) => fc.integer({ min: 0, max: most }).map((value) => String(value).padStart(2, '0'));

/** Times as JSON.stringify writes a Date, and texts that nearly are. */
const times = fc
  .tuple(
    fc.oneof(
      fc.constantFrom('0000', '0099', '0100', '1969', '1970', '9999'),
      fc.integer({ min: 1000, max: 9999 }).map(String),
    ),
    two(14),
    two(33),
    two(25),
    two(61),
    two(61),
    fc.integer({ min: 0, max: 999 }).map((value) => String(value).padStart(3, '0')),
  )
  .map(
    ([year, month, day, hour, minute, second, millis]) =>
      `${year}-${month}-${day}T${hour}:${minute}:${second}.${millis}Z`,
  );

test('a time as JSON.stringify writes it is what Date.parse makes of it, also at the borders', () => {
  fc.assert(
    fc.property(times, (text) => {
      const millis = Date.parse(text);
      expect(parseVersion(text)).toEqual(Number.isNaN(millis) ? undefined : { kind: 'time', value: millis * 1000 });
    }),
    { numRuns: 5_000 },
  );
});

test('a character that does not belong there makes no time of another', () => {
  fc.assert(
    fc.property(fc.nat(23), fc.constantFrom('x', '/', ':', '-', 'é', '٣'), (place, character) => {
      const text = '2026-02-28T10:11:12.345Z';
      const changed = text.slice(0, place) + character + text.slice(place + 1);
      expect(parseVersion(changed) !== undefined).toBe(changed === text);
    }),
    { numRuns: 500 },
  );
});

test.each([
  ['2026-02-28', Date.UTC(2026, 1, 28) * 1000],
  ['2026-02-28 10:11', Date.UTC(2026, 1, 28, 10, 11) * 1000],
  ['2026-02-28T10:11:12.123456789Z', Date.UTC(2026, 1, 28, 10, 11, 12) * 1000 + 123_456],
  ['2026-02-28T10:11:12.345+02:00', Date.UTC(2026, 1, 28, 8, 11, 12, 345) * 1000],
  ['2026-02-28T10:11:12-0530', Date.UTC(2026, 1, 28, 15, 41, 12) * 1000],
])('the version %s is so many microseconds', (text, value) => {
  expect(parseVersion(text)).toEqual({ kind: 'time', value });
});

test.each([[7], ['7'], ['-7']])('the version %p is a number', (value) => {
  expect(parseVersion(value)).toEqual({ kind: 'number', value: Number(value) });
});

test.each([[1.5], [2 ** 53], [''], ['soon'], [null], [true], [undefined]])('%p is no version', (value) => {
  expect(parseVersion(value)).toBeUndefined();
});
