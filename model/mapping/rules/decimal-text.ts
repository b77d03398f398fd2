/**
 * Exact decimals are texts such as `-1234.50`: they are never turned into a binary number. The grammar is strict, so
 * that nothing is guessed: an optional minus, digits, and, if there is a point, digits after it.
 */
const ZERO = 48;
const NINE = 57;
const MINUS = 45;
const POINT = 46;

/** Longer than this is no amount that anyone meant. */
export const MAX_DIGITS = 100;

/** The position of the decimal point, the length when it is a whole number, or -1 when the text is no decimal. */
export function pointOf(text: string): number {
  const length = text.length;
  const start = length > 0 && text.charCodeAt(0) === MINUS ? 1 : 0;
  if (start === length || length - start > MAX_DIGITS) return -1;
  let point = length;
  for (let at = start; at < length; at++) {
    const code = text.charCodeAt(at);
    if (code === POINT) {
      if (point !== length || at === start || at === length - 1) return -1;
      point = at;
    } else if (code < ZERO || code > NINE) return -1;
  }
  return point;
}

export const isDecimal = (text: string): boolean => pointOf(text) >= 0;

/** Separators of a written number. */
export interface NumberFormat {
  /** Before the decimals. Default `.`. */
  readonly decimal?: string;
  /** Between groups of three digits; where it stands it has to stand right. Default: none. */
  readonly thousands?: string;
}

/** A number in a stated format as plain decimal text; undefined when it is not written so. */
export function plainDecimal(text: string, format: Required<NumberFormat>): string | undefined {
  const negative = text.startsWith('-');
  const [whole = '', decimals, ...more] = (negative ? text.slice(1) : text).split(format.decimal);
  if (more.length > 0) return undefined;
  const digits = format.thousands === '' ? whole : ungroup(whole, format.thousands);
  if (digits === undefined) return undefined;
  const plain = (negative ? '-' : '') + digits + (decimals === undefined ? '' : `.${decimals}`);
  return isDecimal(plain) ? plain : undefined;
}

function ungroup(whole: string, separator: string): string | undefined {
  const [first = '', ...groups] = whole.split(separator);
  if (groups.length === 0) return whole;
  const right = first.length >= 1 && first.length <= 3 && groups.every((group) => group.length === 3);
  return right ? first + groups.join('') : undefined;
}

/** The same decimal with exactly `scale` decimals; undefined when that would change its value. */
export function withScale(text: string, point: number, scale: number): string | undefined {
  const decimals = text.length - point - 1;
  if (decimals === scale) return text;
  if (point === text.length) return scale === 0 ? text : `${text}.${'0'.repeat(scale)}`;
  if (decimals < scale) return text + '0'.repeat(scale - decimals);
  for (let at = point + 1 + scale; at < text.length; at++) if (text.charCodeAt(at) !== ZERO) return undefined;
  return text.slice(0, scale === 0 ? point : point + 1 + scale);
}

/** One way to write each number: no leading zeros, no negative zero. */
export function tidy(text: string): string {
  const negative = text.charCodeAt(0) === MINUS;
  let start = negative ? 1 : 0;
  while (text.charCodeAt(start) === ZERO && start + 1 < text.length && text.charCodeAt(start + 1) !== POINT) start++;
  if (!negative) return start === 0 ? text : text.slice(start);
  for (let at = start; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code !== ZERO && code !== POINT) return `-${text.slice(start)}`;
  }
  return text.slice(start);
}
