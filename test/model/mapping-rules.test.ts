import fc from 'fast-check';
import * as syncline from 'syncline';
import { type Rule, SyncFailure } from 'syncline';
import { rejectionOf, ruleOf } from '../../model/mapping/node.ts';
import { ruleWords } from '../../model/mapping/words.ts';

/** Runs a rule as a mapping would; a rejection comes out as `rejected: why`. */
function run<A, B>(rule: Rule<A, B>, value: unknown, ...args: unknown[]): unknown {
  const call = ruleOf(rule)?.run as (...values: unknown[]) => unknown;
  const found = call(value, ...args);
  const reason = rejectionOf(found);
  return reason === undefined ? found : `rejected: ${reason}`;
}

const words = (rule: Rule<never, unknown>): string => {
  const spec = ruleOf(rule);
  return spec ? ruleWords(spec) : '';
};

/** One test for each row of rule, value and what comes of it. */
function table(title: string, rows: readonly (readonly [Rule<never, unknown>, unknown, unknown])[]): void {
  for (const [rule, value, expected] of rows)
    test(`${title}: ${ruleOf(rule)?.name}, ${words(rule)}: ${JSON.stringify(value)}`, () => {
      expect(run(rule, value)).toEqual(expected);
    });
}

const rejected = expect.stringMatching(/^rejected: /);
const {
  around,
  booleanFrom,
  clamp,
  collapseSpaces,
  cutSeconds,
  dateAs,
  decimal,
  decimalOfNumber,
  fromEpoch,
  fromMinorUnits,
  integer,
  integerFrom,
  isoDate,
  isoDateTime,
  localTime,
  lookup,
  maxLength,
  minorUnits,
  minus,
  normalise,
  notBlank,
  nullIf,
  numberFrom,
  oneOf,
  padStart,
  plus,
  reject,
  replace,
  round,
  storable,
  sum,
  times,
  trim,
  truncate,
} = syncline;

table('text', [
  [trim(), ' a b ', 'a b'],
  [collapseSpaces(), ' a \t\n b ', 'a b'],
  [nullIf('n/a', ''), 'n/a', null],
  [nullIf('n/a', ''), 'N/A', 'N/A'],
  [nullIf('n/a'), undefined, null],
  [truncate(2), 'a😀b', 'a😀'],
  [truncate(2), 'ab', 'ab'],
  [maxLength(2), '😀😀', '😀😀'],
  [maxLength(2), 'abc', rejected],
  [padStart(5, '0'), '42', '00042'],
  [replace('a.', '$&'), 'a.b', '$&b'],
  [normalise(), 'e\u0301', 'é'],
  [storable(), 'a\u0000b\ud83d', 'ab\ufffd'],
  [storable(), 'tab\tline\n😀', 'tab\tline\n😀'],
  [notBlank(), ' ', rejected],
  [around('#'), '7', '#7'],
]);

table('numbers', [
  [integer(), 7, 7],
  [integer(), 7.5, rejected],
  [integer(), 2 ** 53, rejected],
  [numberFrom(), '1234.5', 1234.5],
  [numberFrom({ thousands: ',' }), '1,234.50', 1234.5],
  [numberFrom({ decimal: ',', thousands: '.' }), '1.234,50', 1234.5],
  [numberFrom(), '1,234.50', rejected],
  [numberFrom({ thousands: ',' }), '12,34.5', rejected],
  [numberFrom(), '12e2', rejected],
  [numberFrom(), 'NaN', rejected],
  [numberFrom(), 'Infinity', rejected],
  [numberFrom(), ' 1', rejected],
  [numberFrom(), '', rejected],
  [numberFrom(), '-', rejected],
  [numberFrom(), '.5', rejected],
  [numberFrom(), '5.', rejected],
  [numberFrom(), '0x10', rejected],
  [numberFrom(), '1'.repeat(40), rejected],
  [numberFrom(), '-0', 0],
  [integerFrom(), '0042', 42],
  [integerFrom({ thousands: '.' }), '1.234', 1234],
  [integerFrom(), '1.0', rejected],
  [integerFrom(), '9007199254740992', rejected],
  [clamp(0, 10), 11, 10],
  [round({ digits: 2, mode: 'half-up' }), 1.005, 1.01],
  [round({ digits: 0, mode: 'half-even' }), 2.5, 2],
  [round({ digits: 0, mode: 'floor' }), -0.5, -1],
]);

table('decimals', [
  [decimal({ scale: 2 }), '1.5', '1.50'],
  [decimal({ scale: 2 }), '1.5000', '1.50'],
  [decimal({ scale: 2 }), '1.005', rejected],
  [decimal({ scale: 2, rounding: 'half-even' }), '1.005', '1.00'],
  [decimal({ scale: 2, rounding: 'half-up' }), '-1.005', '-1.01'],
  [decimal({ scale: 0, rounding: 'half-up' }), '-0.4', '0'],
  [decimal({ scale: 2, decimal: ',', thousands: '.' }), '1.234,5', '1234.50'],
  [decimal({ scale: 2 }), '1e3', rejected],
  [decimal({ scale: 0 }), '000', '0'],
  [decimal({ scale: 1 }), '-007', '-7.0'],
  [decimal({ scale: 2 }), '123456789012345678901234567890.12', '123456789012345678901234567890.12'],
  [decimalOfNumber(), 1e21, '1000000000000000000000'],
  [decimalOfNumber(), 1e-7, '0.0000001'],
  [decimalOfNumber(), Number.NaN, rejected],
]);

test('decimal arithmetic is exact where floating point is not', () => {
  expect(run(plus('0.2'), '0.1', '0.2')).toBe('0.3');
  expect(run(minus('0.3'), '0.3', '0.3')).toBe('0.0'.slice(0, 1));
  expect(run(times(3), '1.10', 3)).toBe('3.3');
  expect(run(sum(), ['0.1', '0.2', '12345678901234567890'])).toBe('12345678901234567890.3');
  expect(run(sum(), ['0.1', 'x'])).toEqual(rejected);
});

test.each([
  ['12.30', 'EUR', 1230],
  ['12', 'EUR', 1200],
  ['-0.00', 'EUR', 0],
  ['-12.3', 'EUR', -1230],
  ['500', 'JPY', 500],
  ['1.5', 'BHD', 1500],
  ['1.2345', 'CLF', 12345],
  ['90071992547409.91', 'USD', 9007199254740991],
  ['90071992547409.92', 'USD', rejected],
  ['12.305', 'EUR', rejected],
  ['5.000', 'JPY', rejected],
  ['12.300', 'EUR', rejected],
  ['1', 'XXX', rejected],
  ['1', 'usd', rejected],
  ['1', 'XAU', rejected],
  ['1', '', rejected],
  ['1,234.50', 'USD', rejected],
  ['12e2', 'USD', rejected],
  ['', 'USD', rejected],
  ['9'.repeat(99), 'USD', rejected],
])('money: %s %s', (amount, currency, expected) => {
  expect(run(minorUnits('EUR'), amount, currency)).toEqual(expected);
});

test('zeros beyond the decimals of a currency are accepted only when the mapping says so', () => {
  expect(run(minorUnits('JPY', { acceptZeros: true }), '5.000', 'JPY')).toBe(5);
  expect(run(minorUnits('JPY', { acceptZeros: true }), '5.001', 'JPY')).toEqual(rejected);
});

test('minor units there and back give the same amount', () => {
  const units = fc.integer({ min: Number.MIN_SAFE_INTEGER, max: Number.MAX_SAFE_INTEGER });
  fc.assert(
    fc.property(units, fc.constantFrom('EUR', 'JPY', 'BHD', 'CLF'), (amount, currency) => {
      const text = run(fromMinorUnits('EUR'), amount, currency);
      expect(run(minorUnits('EUR'), text, currency)).toBe(amount);
    }),
  );
});

test.each([
  ['dd/MM/yyyy', '31/12/2026', '2026-12-31'],
  ['dd/MM/yyyy', '29/02/2024', '2024-02-29'],
  ['dd/MM/yyyy', '29/02/2026', rejected],
  ['dd/MM/yyyy', '29/02/1900', rejected],
  ['dd/MM/yyyy', '29/02/2000', '2000-02-29'],
  ['dd/MM/yyyy', '31/04/2026', rejected],
  ['dd/MM/yyyy', '00/00/0000', rejected],
  ['dd/MM/yyyy', '12/31/2026', rejected],
  ['dd/MM/yyyy', '1/2/2026', rejected],
  ['dd/MM/yyyy', '01/02/20260', rejected],
  ['dd/MM/yyyy', '01/02/xx26', rejected],
  ['dd/MM/yyyy', '01-02-2026', rejected],
  ['dd/MM/yyyy', ' 01/02/2026', rejected],
  ['yyyy-MM-dd', '0000-00-00', rejected],
  ['yyyy-MM-dd', '2026-02-29', rejected],
  ['yyyyMMdd', '20261231', '2026-12-31'],
  ['d/M/yyyy', '1/2/2026', '2026-02-01'],
  ['MMM dd yyyy', 'Dec 31 1969', '1969-12-31'],
  ["d MMMM yyyy 'at' HH:mm", '3 march 2026 at 23:59', '2026-03-03'],
  ["d MMMM yyyy 'at' HH:mm", '3 march 2026 at 24:00', rejected],
])('dates: %s %s', (format, text, expected) => {
  expect(run(isoDate(format), text)).toEqual(expected);
});

test('every day of four centuries is read, and nothing else', () => {
  const rule = isoDate('dd/MM/yyyy');
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 9999 }), fc.nat(13), fc.nat(32), (year, month, day) => {
      const two = (value: number): string => String(value).padStart(2, '0');
      const iso = `${String(year).padStart(4, '0')}-${two(month)}-${two(day)}`;
      const real = year > 0 && new Date(`${iso}T00:00:00Z`).toJSON()?.slice(0, 10) === iso;
      expect(run(rule, `${two(day)}/${two(month)}/${iso.slice(0, 4)}`)).toEqual(real ? iso : rejected);
    }),
    { numRuns: 2000 },
  );
});

test.each([
  ['Europe/Berlin', 'reject', '2026-06-01 12:00', '2026-06-01T10:00:00Z'],
  ['Europe/Berlin', 'reject', '2026-01-01 12:00', '2026-01-01T11:00:00Z'],
  ['Europe/Berlin', 'reject', '2026-10-25 02:30', rejected],
  ['Europe/Berlin', 'earlier', '2026-10-25 02:30', '2026-10-25T00:30:00Z'],
  ['Europe/Berlin', 'later', '2026-10-25 02:30', '2026-10-25T01:30:00Z'],
  ['Europe/Berlin', 'reject', '2026-03-29 02:30', rejected],
  ['Europe/Berlin', 'earlier', '2026-03-29 02:30', '2026-03-29T00:30:00Z'],
  ['Europe/Berlin', 'later', '2026-03-29 02:30', '2026-03-29T01:30:00Z'],
  ['Europe/Berlin', 'reject', '2026-03-29 03:00', '2026-03-29T01:00:00Z'],
  ['Pacific/Apia', 'reject', '2011-12-30 12:00', rejected],
  ['Pacific/Apia', 'reject', '2011-12-31 00:00', '2011-12-30T10:00:00Z'],
  ['Asia/Kathmandu', 'reject', '2026-06-01 00:00', '2026-05-31T18:15:00Z'],
  ['UTC', 'reject', '2026-02-30 00:00', rejected],
] as const)('local times: %s %s %s', (zone, disambiguation, text, expected) => {
  expect(run(isoDateTime('yyyy-MM-dd HH:mm', { zone, disambiguation }), text)).toEqual(expected);
});

test.each([
  ["yyyy-MM-dd'T'HH:mm:ssXXX", '2026-06-01T12:00:00+05:45', '2026-06-01T06:15:00Z'],
  ["yyyy-MM-dd'T'HH:mm:ssXXX", '2026-06-01T12:00:00Z', '2026-06-01T12:00:00Z'],
  ["yyyy-MM-dd'T'HH:mm:ss.SSSXXX", '0001-01-01T00:00:00.007-0100', '0001-01-01T01:00:00.007Z'],
  ["yyyy-MM-dd'T'HH:mm:ssXXX", '0001-01-01T00:00:00+01:00', rejected],
  ["yyyy-MM-dd'T'HH:mm:ssXXX", '2026-06-01T12:00:60Z', rejected],
])('instants: %s %s', (format, text, expected) => {
  expect(run(isoDateTime(format), text)).toEqual(expected);
});

test('the day of an instant is counted in the zone that the mapping names', () => {
  const rule = isoDate("yyyy-MM-dd'T'HH:mmXXX", { zone: 'America/Los_Angeles' });
  expect(run(rule, '2026-06-01T06:59Z')).toBe('2026-05-31');
  expect(run(rule, '2026-06-01T07:00Z')).toBe('2026-06-01');
});

table('other times', [
  [fromEpoch('seconds'), 1_780_315_200, '2026-06-01T12:00:00Z'],
  [fromEpoch('milliseconds'), 1_780_315_200_007, '2026-06-01T12:00:00.007Z'],
  [fromEpoch('seconds'), 1_780_315_200_000, rejected],
  [fromEpoch('milliseconds', { notBefore: '2000-01-01' }), 1_780_315_200, rejected],
  [fromEpoch('seconds'), Number.NaN, rejected],
  [dateAs('dd.MM.yyyy'), '2026-06-01', '01.06.2026'],
  [dateAs('d MMM yyyy'), '2026-02-30', rejected],
  [localTime('Europe/Berlin'), '2026-07-01T10:00:00Z', '2026-07-01T12:00:00'],
  [localTime('Europe/Berlin'), '2026-10-25 02:30:00.123456+0100', '2026-10-25T02:30:00.123456'],
  [localTime('UTC'), '2026-07-01T10:00+02:00', '2026-07-01T08:00:00'],
  [localTime('UTC'), '2026-07-01T10:00:00', rejected],
  [localTime('UTC'), '2026-02-30T25:00:00Z', rejected],
  [cutSeconds(6), '2026-07-01T10:00:00.123456789Z', '2026-07-01T10:00:00.123456Z'],
  [cutSeconds(6), '2026-07-01T10:00:00.9+02:00', '2026-07-01T10:00:00.9+02:00'],
  [cutSeconds(0), '23:59:59.999', '23:59:59'],
  [cutSeconds(3), '1.23456', rejected],
]);

table('choices', [
  [oneOf({ a: 'x', b: 1 }), 'b', 1],
  [oneOf({ a: 'x' }, { otherwise: null }), 'c', null],
  [lookup({ a: 'x' }, { otherwise: reject('no such thing') }), 'toString', 'rejected: no such thing'],
  [lookup({ a: 'x' }, { otherwise: undefined }), 'b', undefined],
  [booleanFrom({ true: ['Y'], false: ['N'] }), 'Y', true],
  [booleanFrom({ true: ['Y', 1], false: ['N', 0] }), 0, false],
  [booleanFrom({ true: ['Y', 1], false: ['N', 0] }), '1', rejected],
  [booleanFrom({ true: ['Y'], false: ['N'] }), 'off', rejected],
]);

test.each([
  ['a month written as minutes', () => isoDate('mm/dd/yyyy'), 'the month is `MM`'],
  ['a token of another language', () => isoDate('DD/MM/YYYY'), 'did you mean `dd`'],
  ['a year of two digits', () => isoDate('dd/MM/yy'), 'do not tell the century'],
  ['a unit twice', () => isoDate('dd/MM/yyyy dd'), 'names the day twice'],
  ['a zone that is none', () => isoDate('dd/MM/yyyy', { zone: 'Mars/Base' }), 'no time zone'],
  ['a zone by offset', () => isoDateTime('yyyy-MM-dd HH:mm', { zone: 'CET+1' }), 'no time zone'],
  ['a misspelt zone', () => isoDate('dd/MM/yyyy', { zone: 'Europe/Berln' }), 'did you mean `Europe/Berlin`'],
  ['a zone that is none', () => localTime('Mars/Base'), 'no time zone'],
  ['a part of a digit', () => cutSeconds(1.5), 'from 0 to 9'],
  ['a local time without zone', () => isoDateTime('yyyy-MM-dd HH:mm'), 'in which `zone`'],
  ['a currency that is none', () => minorUnits('usd'), 'ISO 4217'],
  ['one value for true and false', () => booleanFrom({ true: ['1'], false: ['1'] }), 'both true and false'],
  ['the same separator twice', () => numberFrom({ decimal: ',', thousands: ',' }), 'have to differ'],
])('refused when the mapping is read: %s', (_name, make, part) => {
  expect(make).toThrow(SyncFailure);
  expect(make).toThrow(part);
});

test('a rejection never holds the value', () => {
  const secret = 'sesame-4711';
  const rules = [isoDate('dd/MM/yyyy'), minorUnits('EUR'), numberFrom(), decimal({ scale: 2 }), oneOf({ a: 'b' })];
  for (const rule of rules) expect(run(rule as Rule<unknown, unknown>, secret, 'EUR')).not.toContain(secret);
});

test('a rule says in words what it does, with its arguments', () => {
  expect(words(minorUnits('EUR'))).toBe('in whole minor units of the currency `"EUR"`');
  expect(words(isoDate('dd/MM/yyyy', { zone: 'UTC' }))).toBe('as an ISO date, from dd/MM/yyyy in UTC');
});
