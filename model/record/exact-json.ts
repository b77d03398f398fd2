import { isExactNumber, isUncommon, MARK, RESERVED, withMarks, withoutMarks } from './exact-marks.ts';
import type { Json, JsonRecord } from './json.ts';

/**
 * Parses JSON (RFC 8259) without losing digits: a number that a double cannot hold, such as a 19-digit id,
 * `1e400` or a decimal of 20 places, becomes its text as received; every other number is a number. What was such a
 * number is remembered as long as the object or list that holds it (`isExactNumber`). Throws SyntaxError where
 * JSON.parse does.
 */
export function parseExact(text: string): Json {
  const isLong = (manyDigits.test(text) || exponent.test(text)) && mayLoseDigits.test(text);
  let lossy = 0;
  const marked = isLong
    ? text.replace(stringOrNumber, (token, offset: number) => {
        if (token.startsWith('"') || !isLossy(token) || isFieldName(text, offset + token.length)) return token;
        lossy++;
        return `"${MARK}${token}"`;
      })
    : text;
  const value: Json = JSON.parse(marked);
  // A name may be written with escapes.
  const mayBeNamed = text.includes(RESERVED) || text.includes('\\u005');
  return lossy > 0 || mayBeNamed ? withoutMarks(value) : value;
}

/**
 * What every number has that loses digits. Each character is spelled out: V8 then skips what cannot match, and takes a
 * third of the time of the exact question below, which few texts need.
 */
const manyDigits = new RegExp('[\\d.]'.repeat(15));
/** Of two digits it takes no number out of the range of a double, and the longer pattern is found twice as fast. */
const exponent = /\d[eE][-+\d]\d\d/;

/**
 * Fifteen significant digits always survive a double, so only longer runs of digits and exponents are looked at; and
 * only where a number can begin, as texts such as UUIDs are full of both.
 */
const mayLoseDigits = /(?:^|[[,:\s])-?\d(?:[\d.]{15}|[\d.]*[eE][+-]?\d)/;
const stringOrNumber = /"(?:[^"\\]|\\.)*"|-?\d[\d.]*(?:[eE][+-]?\d+)?/g;
const jsonNumber = /^(-?)(0|[1-9]\d*)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/;

const isLossy = (token: string): boolean => {
  const exact = canonicalDecimal(token);
  return exact !== undefined && exact !== canonicalDecimal(String(Number(token)));
};

/** A bare number where a name belongs is an error that quoting would hide. */
const isFieldName = (text: string, end: number): boolean => /^\s*:/.test(text.slice(end, end + 8));

/**
 * One text for each decimal value, whatever its notation: `1.50`, `15e-1` and `1.5` are the same.
 * Undefined for what is no JSON number.
 */
export function canonicalDecimal(token: string): string | undefined {
  const match = jsonNumber.exec(token.replace('e+', 'e'));
  if (match === null) return undefined;
  const [, sign = '', whole = '', fraction = '', exponent = '0'] = match;
  const digits = (whole + fraction).replace(/^0+/, '');
  const significant = digits.replace(/0+$/, '');
  if (significant === '') return '0';
  const scale = BigInt(exponent) - BigInt(fraction.length) + BigInt(digits.length - significant.length);
  return `${sign}${significant}e${scale}`;
}

/** Whether a text is how a program writes this double: in the fewest digits that tell it apart, or in seventeen. */
export const writesDouble = (token: string, double: number): boolean => {
  const exact = canonicalDecimal(token);
  return [String(double), double.toPrecision(17)].some((text) => exact === canonicalDecimal(text));
};

/** The JSON of a value that `parseExact` gave, with its numbers in all their digits. */
export const exactJson = (value: Json): string =>
  isUncommon(value) ? unmarkedJson(JSON.stringify(withMarks(value, everywhere))) : JSON.stringify(value);

/** The same for one member, which may itself be such a number. */
export function exactMember(holder: JsonRecord | readonly Json[], name: string): string {
  const value: Json = Reflect.get(holder, name) ?? null;
  return isExactNumber(holder, name) ? String(value) : exactJson(value);
}

const everywhere = (): true => true;

const marks = new RegExp(`"${MARK}([^"]*)"`, 'g');

/** JSON of marked values as it should be: numbers without quotes, names as they were. */
export const unmarkedJson = (json: string): string =>
  json.replace(marks, (_, inner: string) => (inner === RESERVED ? `"${RESERVED}"` : inner));
