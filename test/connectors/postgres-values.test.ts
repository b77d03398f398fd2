import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { intervalOf } from '../../connectors/postgres/interval.ts';
import type { SqlType } from '../../connectors/postgres/types.ts';
import { usualForm } from '../../connectors/postgres/usual.ts';
import { type Given, valueChecks } from '../../connectors/postgres/values.ts';
import { copyText } from '../../model/record/copy-text.ts';

const plain = (name: string, modifier = -1): SqlType => ({ kind: 'plain', name, modifier });
/** As PostgreSQL keeps precision and scale. */
const numeric = (precision: number, scale: number): SqlType =>
  plain('numeric', ((precision << 16) | (scale & 0x7ff)) + 4);
const sized = (name: string, length: number): SqlType => plain(name, length + 4);

/** The fields that the type names, as PostgreSQL keeps them: all, HOUR and YEAR. */
const span = (fields: 0x7fff | 0x400 | 0x4, digits = 0xffff): SqlType => plain('interval', (fields << 16) | digits);

const refusal = (type: SqlType, value: string | number | boolean): string | undefined => {
  const given: Given = typeof value === 'string' ? 'text' : typeof value === 'number' ? 'number' : 'boolean';
  return valueChecks(type)[given]?.(String(value));
};

type Case = readonly [type: SqlType, taken: readonly (string | number | boolean)[]];
const addr: SqlType = { kind: 'row', parts: [plain('text'), plain('date')] };

const said: readonly Case[] = [
  [plain('date'), ['2024-03-04', '2024-02-30', '12024-01-01', '0044-03-15 BC', 'infinity', '-infinity']],
  [plain('date'), ['2024-03-04T00:00:00', '2024-03-04 00:00:00.000']],
  [plain('timestamp'), ['2024-03-04T10:11:12.123456', '2024-03-04 10:11', '2024-03-04', '2024-03-04T10:11:12.1234560']],
  [plain('timestamptz'), ['2024-03-04T10:11:12Z', '2024-03-04t10:11:12z', '2024-03-04 10:11:12+02', '-infinity']],
  [
    plain('timestamptz'),
    ['2024-03-04 10:11:12.5 -0330', '4713-01-01T00:00:00+00:00 BC', '1900-01-01T00:00:00+00:53:28'],
  ],
  [plain('timestamptz', 0), ['2024-03-04T10:11:12Z', '2024-03-04T10:11:12.000Z']],
  [plain('time'), ['10:00', '23:59:59.999999', '24:00:00']],
  [plain('timetz'), ['10:00:00+02:00', '24:00:00-12', '10:00Z']],
  [
    plain('interval'),
    ['P1Y2M3DT4H5M6.789S', 'P-1Y3DT-4H', 'PT0S', '1 year 2 mons -3 days 04:05:06.789', '04:05:06', 'P1W'],
  ],
  [span(0x7fff, 0), ['P1DT5S', '04:05:06.000']],
  [span(0x400), ['P1DT5H', '04:00:00']],
  [span(0x4), ['P2Y', 'P24M']],
  [plain('name'), ['n'.repeat(63)]],
  [plain('char'), ['a', '']],
  [plain('bool'), ['true', 'FALSE', 't', 'f', true, false]],
  [plain('int4'), ['12', '-3', '+3', '007', ' 12 ', 12]],
  [plain('numeric'), ['1234567890123456789012.5', '1e400', 'NaN', '-Infinity', '.5', '1.', 12.345]],
  [numeric(10, 2), ['12.34', '12.3400', '+12.3', '-0.50', '1234e-2', '1e3', '0.000', 'NaN', 12.34, 5, 1e21]],
  [numeric(10, -2), ['1200', 1200]],
  [numeric(10, 0), ['12', '12.0', 12]],
  [plain('float8'), ['0.1', '1e308', '9007199254740992', '0.10000000000000001', 'Infinity', 0.1]],
  [plain('float4'), ['0.1', '16777216', '1e-40', '3.4028235e38', 0.1, 16777216]],
  [plain('money'), ['1234.56', '$1,234.56', '-$92,233,720,368,547,758.08', '5', 5.5]],
  [sized('varchar', 3), ['abc', 'ab ', '😀😀😀']],
  [sized('bpchar', 5), ['ab', 'ab   ']],
  [plain('varchar'), ['as long as you like']],
  [plain('bytea'), ['\\x', '\\x00fF', '']],
  [plain('cidr'), ['10.0.0.0/8', '::1/128']],
  [plain('text'), ['now', '03/04/2024', 'yes', 5, true]],
  [{ kind: 'list', part: plain('date') }, ['2024-03-04']],
  [{ kind: 'range', part: plain('date') }, ['[2024-01-01,2024-02-01)', '(,infinity)', 'empty', '["2024-01-01",]']],
  [{ kind: 'multirange', part: plain('date') }, ['{[2024-01-01,2024-02-01),(2025-01-01,)}', '{}']],
  [addr, ['("now, here",2024-01-01)', '(,)', '("a ""b"" \\"c",2024-01-01)']],
  [{ kind: 'list', part: addr }, ['(now,2024-01-01)']],
];

const guessed: readonly Case[] = [
  [plain('date'), ['03/04/2024', '31.12.2024', '1/8/90', 'now', 'today', 'tomorrow', 'epoch', '20240304', '2024-3-4']],
  [
    plain('date'),
    ['2024-03-04T10:00:00', '2024-03-04T00:00:00Z', 'Jan 5 2024', '2024.064', 'J2451187', '', ' ', 45657, true],
  ],
  [
    plain('timestamp'),
    ['2024-07-01T10:00:00+02:00', '2024-07-01T10:00:00Z', 'now', '2024-07-01T24:00:00', '20240701T101112'],
  ],
  [plain('timestamp'), ['2024-07-01T10:00:60', '2024-07-01T10:00:00.1234567', '07/01/2024 10:00', 1719820800]],
  [plain('timestamp', 0), ['2024-07-01T10:00:00.5']],
  [
    plain('timestamptz'),
    ['2024-07-01T10:00:00', '2024-07-01', 'now', '2024-07-01 10:00 Europe/Berlin', '2024-07-01 10:00 UTC+2'],
  ],
  [plain('timestamptz'), ['2024-07-01T10:00:00.123456789Z', '2024-07-01 10:00 PST', 'yesterday 04:00Z', 1719820800]],
  [plain('time'), ['10', '10:00 PM', '2024-07-01T10:00', '10:00:00Z', 'now', 'allballs', '10:00:00.1234567']],
  [plain('timetz'), ['10:00:00', '10:00:00 CET', 'now']],
  [plain('interval'), ['5', '1:30', '1-2', 'P1.5M', 'P1.5D', '1.5 years', '1 day ago', '', 'P', 5]],
  [span(0x7fff, 0), ['PT5.4S', '00:00:00.5']],
  [span(0x7fff, 3), ['PT0.0001S']],
  [span(0x400), ['PT5H1M', 'PT1S']],
  [span(0x4), ['P1Y1M', 'P1D', 'PT1H']],
  [plain('name'), ['n'.repeat(64), `${'n'.repeat(62)}ä`]],
  [plain('char'), ['ab', 'ä']],
  [plain('bool'), ['yes', 'no', 'on', 'off', '1', '0', 'y', 'tr', ' true', '', 1, 0]],
  [plain('int4'), ['0x1F', '1_000', '12.0', '1e3', '1,000', '1 000', '']],
  [plain('numeric'), ['0x1F', '1_000', '1,234.5', '1 234', '1.234,56', '']],
  [numeric(10, 2), ['12.345', '0.001', '1e-3', '1234.5678', 12.345, 0.1 + 0.2]],
  [numeric(10, -2), ['1250', 1250]],
  [numeric(10, 0), ['12.5', 12.5]],
  [plain('float8'), ['9007199254740993', '0.1234567890123456789', '1_0.5']],
  [plain('float4'), ['0.123456789', '16777217', 0.123456789, 16777217]],
  [plain('money'), ['12,34', '1.234,56 €', '12.345', '1,23.00', '(5.00)', 12.345]],
  [sized('varchar', 3), ['abc ', 'abcd', '😀😀😀 ']],
  [sized('bpchar', 3), ['abc ']],
  [plain('bytea'), ['hello', 'aGVsbG8=', '\\x0', '\\000']],
  [plain('cidr'), ['10', '10.1/16']],
  [{ kind: 'list', part: plain('date') }, ['now', '03/04/2024']],
  [{ kind: 'range', part: plain('date') }, ['[03/04/2024,)', '(,today]', '["now",infinity)']],
  [{ kind: 'multirange', part: plain('timestamptz') }, ['{["2024-01-01 00:00:00","2024-02-01 00:00:00")}']],
  [addr, ['(a,now)', '("a, b","03/04/2024")', '( x , today )']],
  [{ kind: 'list', part: addr }, ['(a,now)']],
  [{ kind: 'row', parts: [{ kind: 'list', part: plain('date') }] }, ['("{2024-01-01,now}")']],
];

/** Not part of an example or of the words themselves. */
const isTelling = (text: string): boolean => text.length > 2 && !/^(?:10:00:00| true)$/.test(text);

const named = ([type, values]: Case) =>
  values.map((value) => [`${JSON.stringify(type)} ${String(value)}`, type, value] as const);

test.each(said.flatMap(named))('PostgreSQL stores what is said: %s', (_name, type, value) => {
  expect(refusal(type, value)).toBeUndefined();
});

test.each(guessed.flatMap(named))('PostgreSQL would guess or bend: %s', (_name, type, value) => {
  const reason = refusal(type, value);
  expect(reason).toEqual(expect.any(String));
  if (isTelling(String(value))) expect(reason).not.toContain(String(value));
});

test.each([
  [plain('date'), '03/04/2024', 'isoDate('],
  [plain('date'), '2024-03-04T10:00:00Z', 'time of day'],
  [plain('timestamp'), '2024-03-04T10:00:00Z', 'localTime('],
  [plain('timestamp'), '2024-03-04T10:00:00.1234567', 'cutSeconds(6)'],
  [plain('timestamptz'), '2024-03-04T10:00:00', 'isoDateTime(format, { zone })'],
  [plain('timestamptz', 3), '2024-03-04T10:00:00.1234Z', 'cutSeconds(3)'],
  [plain('bool'), 'yes', 'booleanFrom('],
  [plain('int4'), '1,000', 'integerFrom('],
  [numeric(12, 2), '1.005', 'decimal({ scale: 2 })'],
  [sized('varchar', 2), 'abc', 'truncate'],
])('what helps is named: %j %s', (type, value, rule) => {
  expect(refusal(type, value)).toContain(rule);
});

test('the rules that the reasons name are rules of the mapping language', () => {
  const source = ['values', 'times'].map((name) => readFileSync(`connectors/postgres/${name}.ts`, 'utf8')).join('');
  const rules = [...source.matchAll(/\\?`([a-z]+[A-Z][A-Za-z]*)(?:\(|\\?`)/g)].map(([, name]) => name ?? '');
  const offered = readFileSync('model/mapping/public.ts', 'utf8');
  expect(rules).toEqual(expect.arrayContaining(['isoDate', 'localTime', 'cutSeconds', 'booleanFrom', 'maxLength']));
  for (const rule of rules) expect(offered).toMatch(new RegExp(`\\b${rule}\\b`));
});

test.each([
  ['P1Y2M3DT4H5M6.789S', { months: 14, days: 3, microseconds: 14_706_789_000n }],
  ['1 year 2 mons 3 days 04:05:06.789', { months: 14, days: 3, microseconds: 14_706_789_000n }],
  ['P1W', { months: 0, days: 7, microseconds: 0n }],
  ['PT90M', { months: 0, days: 0, microseconds: 5_400_000_000n }],
  ['PT-0.5S', { months: 0, days: 0, microseconds: -500_000n }],
  ['-1 days -00:00:01', { months: 0, days: -1, microseconds: -1_000_000n }],
])('an interval %s is read', (text, expected) => {
  expect(intervalOf(text)).toEqual(expected);
});

const isUsual = (type: SqlType, text: string): boolean => {
  const block = Buffer.from(`before\t${text}\tafter`);
  return usualForm(type)?.(block, 7, block.length - 6) ?? false;
};

const withUsualForm: readonly SqlType[] = [
  ...['date', 'timestamp', 'timestamptz', 'int4', 'int8', 'numeric', 'float4', 'float8'].map((name) => plain(name)),
  ...[plain('timestamptz', 0), plain('timestamp', 3), numeric(10, 2), numeric(10, 0), numeric(10, -2)],
  ...[sized('varchar', 4), sized('bpchar', 4)],
];

test('a field in its usual form passes all checks, whatever it is and whichever kind of value gave it', () => {
  const digits = fc.stringMatching(/^-?\d{0,18}(\.\d{0,9})?$/);
  const time = fc.stringMatching(/^\d{4}-\d\d-\d\d([T ][0-3]\d:[0-7]\d:[0-7]\d(\.\d{0,8})?)?(Z|\+01)?$/);
  const cases = fc.constantFrom(...[...said, ...guessed].flatMap(([, values]) => values.map(String)));
  const text = fc.oneof(digits, time, cases, fc.string({ unit: 'binary', maxLength: 6 }));
  fc.assert(
    fc.property(fc.constantFrom(...withUsualForm), text, (type, value) => {
      if (!isUsual(type, copyText(value))) return;
      expect(valueChecks(type).text?.(value)).toBeUndefined();
      if (/^-?\d+(\.\d+)?$/.test(value)) expect(valueChecks(type).number?.(value)).toBeUndefined();
    }),
    { numRuns: 5_000 },
  );
});

test.each([
  [plain('date'), '2024-12-31'],
  [plain('timestamp'), '2024-12-31T10:00:00.123456'],
  [plain('timestamptz'), '2024-12-31 23:59:59Z'],
  [numeric(12, 2), '-1234.56'],
  [numeric(12, 2), '5'],
  [plain('int8'), '4006381333931'],
  [plain('float4'), '0.5'],
  [sized('varchar', 10), 'Müller'],
])('the usual form of %j is known: %s', (type, text) => {
  expect(isUsual(type, text)).toBe(true);
});
