import { lengthOf, type SqlType, scaleOf, secondDigitsOf } from './types.ts';

/**
 * Whether the bytes of a field are its type's usual form, which every check lets pass: most fields are, and no text has to
 * be made of them to find out. False says nothing. The field is in the text format of COPY.
 */
export type UsualForm = (block: Buffer, start: number, end: number) => boolean;

const isDigit = (byte: number | undefined): boolean => byte !== undefined && byte >= 0x30 && byte <= 0x39;

/** Digits beyond these could be those that a double, or 64 bits, cannot hold. */
const SURE_DIGITS = 15;
/** The same for a single. */
const SURE_DIGITS_OF_SINGLE = 6;
const ANY_DIGITS = Number.MAX_SAFE_INTEGER;

/** `2024-12-31`. */
const isDay: UsualForm = (block, start) => {
  for (let index = 0; index < 10; index++) {
    const byte = block[start + index];
    if (index === 4 || index === 7 ? byte !== DASH : !isDigit(byte)) return false;
  }
  return true;
};

/** `2024-12-31T10:00:00`, with a fraction of at most so many digits, and with `Z` where there is a zone. */
const timeForm =
  (digits: number, zoned: boolean): UsualForm =>
  (block, start, end) => {
    if (end - start < 19 || !isDay(block, start, end)) return false;
    const between = block[start + 10];
    if ((between !== T && between !== SPACE) || !isClock(block, start + 11)) return false;
    let at = start + 19;
    if (block[at] === DOT) {
      const first = at + 1;
      for (at = first; isDigit(block[at]) && at < end; at++);
      if (at === first || at - first > digits) return false;
    }
    return zoned ? block[at] === Z && at + 1 === end : at === end;
  };

function isClock(block: Buffer, at: number): boolean {
  for (let index = 0; index < 8; index++) {
    const byte = block[at + index];
    if (index === 2 || index === 5 ? byte !== COLON : !isDigit(byte)) return false;
  }
  const hour = (block[at] ?? 0) * 10 + (block[at + 1] ?? 0) - 11 * 0x30;
  return hour < 24 && (block[at + 3] ?? 0) < 0x36 && (block[at + 6] ?? 0) < 0x36;
}

/** `-1234.56`, with at most so many digits in all and behind the point. */
const decimalForm =
  (digits: number, scale: number): UsualForm =>
  (block, start, end) => {
    const first = block[start] === DASH ? start + 1 : start;
    if (end - first > digits + 1) return false;
    let at = first;
    while (at < end && isDigit(block[at])) at++;
    const whole = at - first;
    if (at === end) return whole > 0 && whole <= digits;
    if (block[at] !== DOT || whole === 0) return false;
    const point = at++;
    while (at < end && isDigit(block[at])) at++;
    const fraction = at - point - 1;
    return at === end && fraction > 0 && fraction <= scale && whole + fraction <= digits;
  };

const [DASH, DOT, COLON, SPACE, T, Z] = [0x2d, 0x2e, 0x3a, 0x20, 0x54, 0x5a];

/** Undefined for a type of which no form is usual enough. */
export function usualForm(type: SqlType): UsualForm | undefined {
  if (type.kind !== 'plain') return undefined;
  const { name, modifier } = type;
  switch (name) {
    case 'date':
      return (block, start, end) => end - start === 10 && isDay(block, start, end);
    case 'timestamp':
    case 'timestamptz':
      return timeForm(secondDigitsOf(modifier), name === 'timestamptz');
    case 'int2':
    case 'int4':
    case 'int8':
      return decimalForm(SURE_DIGITS, 0);
    case 'numeric': {
      const scale = scaleOf(modifier) ?? ANY_DIGITS;
      return scale < 0 ? undefined : decimalForm(ANY_DIGITS, scale);
    }
    case 'float8':
      return decimalForm(SURE_DIGITS, SURE_DIGITS);
    case 'float4':
      return decimalForm(SURE_DIGITS_OF_SINGLE, SURE_DIGITS_OF_SINGLE);
    case 'varchar':
    case 'bpchar':
      return textForm(lengthOf(modifier) ?? 0);
    default:
      return undefined;
  }
}

/** A character takes a byte at the least. */
const textForm =
  (most: number): UsualForm =>
  (_block, start, end) =>
    end - start <= most;
