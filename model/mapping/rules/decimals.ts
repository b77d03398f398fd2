import { Decimal as DecimalJs } from 'decimal.js';
import { definitionError } from '../definition.ts';
import { builtIn, reject } from '../rule.ts';
import type { Given, Rule } from '../types.ts';
import { isDecimal, MAX_DIGITS, type NumberFormat, plainDecimal, pointOf, tidy, withScale } from './decimal-text.ts';

/** Wide enough that no sum or product of two accepted texts is ever rounded. */
const Exact = DecimalJs.clone({ precision: 2 * MAX_DIGITS + 10, toExpNeg: -1000, toExpPos: 1000 });

/** How to round: half away from zero, half to even (bankers'), away from zero, towards zero, down, up. */
export type Rounding = 'half-up' | 'half-even' | 'away' | 'towards-zero' | 'floor' | 'ceiling';

const modes: Readonly<Record<Rounding, DecimalJs.Rounding>> = {
  'half-up': Exact.ROUND_HALF_UP,
  'half-even': Exact.ROUND_HALF_EVEN,
  away: Exact.ROUND_UP,
  'towards-zero': Exact.ROUND_DOWN,
  floor: Exact.ROUND_FLOOR,
  ceiling: Exact.ROUND_CEIL,
};

const roundText = (text: string, scale: number, rounding: Rounding): string =>
  tidy(new Exact(text).toDecimalPlaces(scale, modes[rounding]).toFixed(scale));

export const roundNumber = (value: number, digits: number, rounding: Rounding): number =>
  new Exact(value).toDecimalPlaces(digits, modes[rounding]).toNumber() + 0;

export interface DecimalOptions extends NumberFormat {
  /** Decimals of the result. */
  readonly scale: number;
  /** What to do with more decimals than that. Default: reject, as rounding money is a decision. */
  readonly rounding?: Rounding;
}

/** A decimal number, text in, text out, exact. Never a binary floating-point number. */
export function decimal(options: DecimalOptions): Rule<string, string> {
  const { scale, rounding } = options;
  checkScale('decimal', scale);
  const format = checkFormat('decimal', options);
  const malformed = reject(`not a number written like ${exampleOf(format, scale)}`);
  const tooFine = reject(`more than ${scale} decimals`);
  const isPlain = format.decimal === '.' && format.thousands === '';
  return builtIn({
    name: 'decimal',
    words: `as an exact decimal with ${scale} decimals${rounding ? `, rounded ${rounding}` : ''}${formatWords(format)}`,
    run: (text: string) => {
      const plain = isPlain ? text : plainDecimal(text, format);
      const point = plain === undefined ? -1 : pointOf(plain);
      if (plain === undefined || point < 0) return malformed;
      const exact = withScale(plain, point, scale);
      if (exact !== undefined) return tidy(exact);
      return rounding ? roundText(plain, scale, rounding) : tooFine;
    },
    settings: { scale, rounding, ...format },
    takes: ['text'],
    gives: ['text'],
  });
}

/**
 * A JSON number as exact decimal text: the shortest decimal that names this binary number, which is what the source
 * wrote unless it wrote more than 15 digits.
 */
export function decimalOfNumber(): Rule<number, string> {
  const noNumber = reject('not a finite number');
  return builtIn({
    name: 'decimalOfNumber',
    words: 'as decimal text',
    run: (value: number) => (Number.isFinite(value) ? tidy(new Exact(value).toFixed()) : noNumber),
    takes: ['number'],
    gives: ['text'],
  });
}

type Amount = string | number;

function arithmetic(
  name: string,
  words: string,
  other: Given<Amount>,
  compute: (a: DecimalJs, b: DecimalJs) => DecimalJs,
): Rule<string, string> {
  const malformed = reject('not a decimal number');
  return builtIn({
    name,
    words,
    run: (text: string, operand: Amount) => {
      const by = typeof operand === 'number' ? new Exact(operand).toFixed() : operand;
      if (!isDecimal(text) || !isDecimal(by)) return malformed;
      return tidy(compute(new Exact(text), new Exact(by)).toFixed());
    },
    args: [other],
    takes: ['text'],
    gives: ['text'],
  });
}

/** Exact sum with another decimal. */
export const plus = (other: Given<Amount>): Rule<string, string> =>
  arithmetic('plus', 'plus {0}', other, (a, b) => a.plus(b));

/** Exact difference: this minus the other. */
export const minus = (other: Given<Amount>): Rule<string, string> =>
  arithmetic('minus', 'minus {0}', other, (a, b) => a.minus(b));

/** Exact product with another decimal or a number, such as a count. Round it with `decimal` afterwards. */
export const times = (other: Given<Amount>): Rule<string, string> =>
  arithmetic('times', 'times {0}', other, (a, b) => a.times(b));

/** Less than 0, 0 or more than 0, exact; undefined when one is no decimal. */
export const compareDecimals = (a: string, b: string): number | undefined =>
  isDecimal(a) && isDecimal(b) ? new Exact(a).comparedTo(new Exact(b)) : undefined;

export function checkScale(rule: string, scale: number): void {
  if (!Number.isSafeInteger(scale) || scale < 0 || scale > 50)
    throw definitionError(`\`${rule}\` needs a whole number of decimals from 0 to 50`);
}

export function checkFormat(rule: string, given: NumberFormat): Required<NumberFormat> {
  const format = { decimal: given.decimal ?? '.', thousands: given.thousands ?? '' };
  if (format.decimal.length !== 1 || /[\d-]/.test(format.decimal + format.thousands) || format.thousands.length > 1)
    throw definitionError(`\`${rule}\`: a separator is one character, and neither a digit nor a minus`);
  if (format.decimal === format.thousands)
    throw definitionError(`\`${rule}\`: the decimal and the thousands separator have to differ`);
  return format;
}

export const exampleOf = (format: Required<NumberFormat>, scale = 2): string =>
  `1${format.thousands}234${scale > 0 ? format.decimal + '567890'.slice(0, scale) : ''}`;

export const formatWords = (format: Required<NumberFormat>): string =>
  format.decimal === '.' && format.thousands === '' ? '' : `, written like ${exampleOf(format)}`;
