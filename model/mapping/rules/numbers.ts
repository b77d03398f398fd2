import { definitionError } from '../definition.ts';
import { builtIn, reject } from '../rule.ts';
import type { Rule } from '../types.ts';
import { isDecimal, type NumberFormat, plainDecimal } from './decimal-text.ts';
import { checkFormat, checkScale, exampleOf, formatWords, type Rounding, roundNumber } from './decimals.ts';

/** A whole number that a double holds exactly; anything else is rejected, not rounded. */
export function integer(): Rule<number, number> {
  const notWhole = reject('not a whole number');
  return builtIn({
    name: 'integer',
    words: 'a whole number',
    run: (value: number) => (Number.isSafeInteger(value) ? value : notWhole),
    takes: ['number'],
    gives: ['number'],
  });
}

/** Digits that every double keeps. */
const EXACT_DIGITS = 15;

/**
 * A number written as text, in a stated format. Rejects what is not written so (`12e2`, `NaN`, spaces), and what has
 * more than 15 significant digits, which a number could not hold. For money use `decimal` or `minorUnits`.
 */
export function numberFrom(options: NumberFormat = {}): Rule<string, number> {
  const format = checkFormat('numberFrom', options);
  const malformed = reject(`not a number written like ${exampleOf(format)}`);
  const tooLong = reject(`more than ${EXACT_DIGITS} digits`);
  return builtIn({
    name: 'numberFrom',
    words: `as a number${formatWords(format)}`,
    run: (text: string) => {
      const plain = plainDecimal(text, format);
      if (plain === undefined) return malformed;
      const digits = plain.replace(/^-?0*\.?0*|\./g, '').length;
      return digits > EXACT_DIGITS ? tooLong : Number(plain) + 0;
    },
    settings: format,
    takes: ['text'],
    gives: ['number'],
  });
}

/** A whole number written as text, in a stated format. Rejects decimals and what a number cannot hold exactly. */
export function integerFrom(options: Pick<NumberFormat, 'thousands'> = {}): Rule<string, number> {
  const format = checkFormat('integerFrom', options.thousands === '.' ? { ...options, decimal: ',' } : options);
  const malformed = reject(`not a whole number written like ${exampleOf(format, 0)}`);
  const tooLarge = reject('too large for a whole number');
  return builtIn({
    name: 'integerFrom',
    words: 'as a whole number',
    run: (text: string) => {
      const plain = plainDecimal(text, format);
      if (plain === undefined || !isDecimal(plain) || plain.includes('.')) return malformed;
      const value = Number(plain) + 0;
      return Number.isSafeInteger(value) ? value : tooLarge;
    },
    settings: format,
    takes: ['text'],
    gives: ['number'],
  });
}

/** Not below `low` and not above `high`: what lies outside becomes the limit. */
export function clamp(low: number, high: number): Rule<number, number> {
  if (!(low <= high)) throw definitionError('`clamp` needs a lower limit that is not above the upper one');
  return builtIn({
    name: 'clamp',
    words: `not below ${low} and not above ${high}`,
    run: (value: number) => Math.min(high, Math.max(low, value)),
    settings: [String(low), String(high)],
    takes: ['number'],
    gives: ['number'],
  });
}

/** Outside these limits is rejected. */
export function between(low: number, high: number): Rule<number, number> {
  if (!(low <= high)) throw definitionError('`between` needs a lower limit that is not above the upper one');
  const outside = reject(`not from ${low} to ${high}`);
  return builtIn({
    name: 'between',
    words: `from ${low} to ${high}`,
    run: (value: number) => (value >= low && value <= high ? value : outside),
    settings: [String(low), String(high)],
    takes: ['number'],
    gives: ['number'],
  });
}

/** Rounded in decimal, as written: 1.005 to two digits is 1.01, although its binary form lies below. */
export function round(options: { readonly digits: number; readonly mode: Rounding }): Rule<number, number> {
  const { digits, mode } = options;
  checkScale('round', digits);
  const noNumber = reject('not a finite number');
  return builtIn({
    name: 'round',
    words: `rounded ${mode} to ${digits} decimals`,
    run: (value: number) => (Number.isFinite(value) ? roundNumber(value, digits, mode) : noNumber),
    settings: options,
    takes: ['number'],
    gives: ['number'],
  });
}
