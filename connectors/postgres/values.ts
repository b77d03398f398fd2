import { canonicalDecimal, writesDouble } from '../../index.ts';
import { intervalOf, isKept } from './interval.ts';
import { elementsOf, fieldsOf, rangesOf } from './literals.ts';
import { timeCheck } from './times.ts';
import { lengthOf, type SqlType, scaleOf } from './types.ts';
import type { ValueCheck } from './value-check.ts';

/** What a JSON value is that becomes such a text. */
export type Given = 'text' | 'number' | 'boolean';

/** By what is given; absent where whatever PostgreSQL takes it stores as it was said. */
export type ValueChecks = { readonly [G in Given]?: ValueCheck };

/**
 * What PostgreSQL's input of a type would guess or bend, though it refuses the rest by itself: `now` and `03/04/2024` for
 * dates, decimals beyond the scale, `yes` for true (PostgreSQL manual, chapter 8 and appendix B). Of a list or range, the
 * checks are those of its elements.
 */
export function valueChecks(type: SqlType): ValueChecks {
  if (type.kind === 'plain') return plainChecks(type.name, type.modifier);
  if (type.kind === 'list') return valueChecks(type.part);
  const text = literalCheck(type);
  return text === undefined ? {} : { text };
}

/** Of types whose values are texts with brackets. One that cannot be read is left for PostgreSQL to refuse. */
function literalCheck(type: SqlType): ValueCheck | undefined {
  if (type.kind === 'plain') return valueChecks(type).text;
  if (type.kind === 'row') {
    const checks = type.parts.map(literalCheck);
    return checks.every((check) => check === undefined)
      ? undefined
      : (text) => firstOf(fieldsOf(text) ?? [], (field, index) => checks[index]?.(field));
  }
  const check = literalCheck(type.part);
  if (check === undefined) return undefined;
  if (type.kind === 'list') return (text) => firstOf(elementsOf(text), check);
  return (text) =>
    firstOf(type.kind === 'range' ? [text] : rangesOf(text), (range) => firstOf(fieldsOf(range) ?? [], check));
}

function firstOf(
  fields: readonly string[],
  check: (field: string, index: number) => string | undefined,
): string | undefined {
  for (const [index, field] of fields.entries()) {
    const reason = field === '' ? undefined : check(field, index);
    if (reason !== undefined) return reason;
  }
  return undefined;
}

function plainChecks(name: string, modifier: number): ValueChecks {
  const time = timeCheck(name, modifier);
  if (time !== undefined) return { text: time, number: notText, boolean: notText };
  switch (name) {
    case 'interval':
      return { text: intervalCheck(modifier), number: notText };
    case 'bool':
      return { text: truth, number: () => truthWords };
    case 'int2':
    case 'int4':
    case 'int8':
    case 'oid':
      return { text: matching(/^\s*[+-]?\d+\s*$/, 'no whole number such as 1234: `integerFrom()` reads other forms') };
    case 'numeric':
      return decimalChecks(scaleOf(modifier));
    case 'float4':
      return { text: (text) => plainNumber(text) ?? inSingle(text), number: inSingle };
    case 'float8':
      return { text: (text) => plainNumber(text) ?? inDouble(text) };
    case 'money':
      return { text: matching(money, noMoney), number: matching(money, noMoney) };
    case 'varchar':
    case 'bpchar':
      return longestChecks(lengthOf(modifier));
    case 'name':
      return { text: bytesCheck(63) };
    case 'char':
      return { text: bytesCheck(1) };
    case 'bytea':
      return { text: matching(/^(?:\\x(?:[0-9a-f]{2})*)?$/i, 'no bytes written as `\\x` and hexadecimal digits') };
    case 'cidr':
      return { text: matching(/:|^\s*\d+\.\d+\.\d+\.\d+(?:\/\d+)?\s*$/, 'no network address with all its parts') };
    default:
      return {};
  }
}

const matching =
  (form: RegExp, reason: string): ValueCheck =>
  (text) =>
    form.test(text) ? undefined : reason;

const notText: ValueCheck = () => 'not a text, though the column holds times';
const noInterval = 'no ISO 8601 duration such as P1DT2H';
const cutInterval = 'parts of a span of time that the column does not keep';
const truthWords = 'neither true nor false: `booleanFrom(…)` reads other words';
const truth = matching(/^(?:true|false|t|f)$/i, truthWords);

function intervalCheck(modifier: number): ValueCheck {
  return (text) => {
    const interval = intervalOf(text);
    if (interval === undefined) return noInterval;
    return isKept(interval, modifier) ? undefined : cutInterval;
  };
}

/** As PostgreSQL shows it too, where our connections have its `lc_monetary` be C. */
const money = /^-?\$?(?:\d+|\d{1,3}(?:,\d{3})+)(?:\.\d{1,2})?$/;
const noMoney = 'no amount such as 1234.56, of two decimals at most: `decimal({ scale: 2 })` reads other forms';

/** PostgreSQL 16 reads `0x1f` and `1_000` too. */
const number = /^\s*(?:[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?|[+-]?(?:nan|inf|infinity))\s*$/i;
const plainNumber = matching(number, 'no number such as 1234.5: `numberFrom()` and `decimal()` read other forms');

/** PostgreSQL rounds silently to the scale of the column. */
function decimalChecks(scale: number | undefined): ValueChecks {
  if (scale === undefined) return { text: plainNumber };
  const usual = new RegExp(`^-?\\d+(?:\\.\\d{1,${Math.max(scale, 1)}})?$`);
  const reason = `more decimals than the column keeps (${scale}): \`decimal({ scale: ${scale} })\` or \`round({ digits: ${scale} })\` says how to round`;
  const kept: ValueCheck = (text) => {
    if (scale > 0 && usual.test(text)) return undefined;
    const power = exponentOf(text);
    return power === undefined || power >= -scale ? undefined : reason;
  };
  return { text: (text) => plainNumber(text) ?? kept(text), number: kept };
}

/** The power of ten of the last digit that counts; undefined for zero, and for what is no plain number. */
function exponentOf(text: string): number | undefined {
  const found = canonicalOf(text)?.split('e')[1];
  return found === undefined ? undefined : Number(found);
}

/** A number as a person may write it, `+1`, `007`, `.5` or `1.`, as JSON writes it. */
const plainDecimal = (text: string): string =>
  text
    .trim()
    .toLowerCase()
    .replace(/^\+/, '')
    .replace(/^(-?)0*(?=\d|\.)/, '$1')
    .replace(/^(-?)(?=\.)/, '$10')
    .replace(/\.(?=e|$)/, '');

const canonicalOf = (text: string): string | undefined => canonicalDecimal(plainDecimal(text));

/** A double keeps seventeen digits at most; what is written with more, PostgreSQL rounds. */
const inDouble: ValueCheck = (text) => {
  if (text.length <= 15) return undefined;
  const plain = plainDecimal(text);
  return canonicalDecimal(plain) === undefined || writesDouble(plain, Number(plain))
    ? undefined
    : 'more digits than the column keeps (float8): a column of type numeric keeps all';
};

/** A single keeps six to nine digits: PostgreSQL shows the fewest that tell it from its neighbours. */
const inSingle: ValueCheck = (text) => {
  const value = Number(text);
  if (!Number.isFinite(value)) return undefined;
  const single = Math.fround(value);
  for (let digits = 1; digits <= 9; digits++) {
    const shown = Number(single.toPrecision(digits));
    if (Math.fround(shown) === single)
      return canonicalOf(text) === canonicalDecimal(String(shown)) ? undefined : tooFine;
  }
  return undefined;
};
const tooFine =
  'more digits than the column keeps (float4): a column of type float8 or numeric keeps them, `round(…)` cuts them';

/** PostgreSQL cuts spaces beyond the length silently, and counts code points. */
function longestChecks(most: number | undefined): ValueChecks {
  if (most === undefined) return {};
  const reason = `the text is too long for the column (${most}): \`maxLength\`, \`truncate\` or \`trim\` say what becomes of it`;
  return { text: (text) => (text.length <= most || [...text].length <= most ? undefined : reason) };
}

/** PostgreSQL cuts what its own types for names are given beyond their bytes silently. */
const bytesCheck =
  (most: number): ValueCheck =>
  (text) =>
    Buffer.byteLength(text) <= most ? undefined : `the text is too long for the column (bytes: ${most})`;
