import { definitionError } from '../definition.ts';
import { nodeOf } from '../node.ts';
import { builtIn, reject } from '../rule.ts';
import type { Given, Rule } from '../types.ts';
import { currencyDecimals } from './currencies.ts';
import { pointOf, tidy } from './decimal-text.ts';

const malformed = reject('not an amount written like 1234.50');
const unknownCurrency = reject('not a currency code of ISO 4217 with minor units');
const tooFine = reject('more decimals than the currency has');
const tooLarge = reject('too large for an exact whole number');

export interface MinorUnitsOptions {
  /** Accept decimals beyond those of the currency when all are zero (`100.00` JPY). Default false: reject them. */
  readonly acceptZeros?: boolean;
}

/**
 * An amount as decimal text, in whole minor units of its currency (ISO 4217): `12.30` in EUR is 1230, `5` in JPY is 5,
 * `1.5` in BHD is 1500. Exact: too many decimals, an unknown or lower-case currency, or more than 2⁵³-1 are rejected.
 */
export function minorUnits(currency: Given<string>, options: MinorUnitsOptions = {}): Rule<string, number> {
  const acceptZeros = options.acceptZeros ?? false;
  checkCurrency('minorUnits', currency);
  return builtIn({
    name: 'minorUnits',
    words: `in whole minor units of the currency {0}${acceptZeros ? ', zeros beyond its decimals accepted' : ''}`,
    run: (text: string, code: string) => {
      const decimals = currencyDecimals(code);
      if (decimals === undefined) return unknownCurrency;
      return toMinorUnits(text, decimals, acceptZeros);
    },
    args: [currency],
    settings: { acceptZeros },
    takes: ['text'],
    gives: ['number'],
  });
}

function toMinorUnits(text: string, decimals: number, acceptZeros: boolean): unknown {
  const point = pointOf(text);
  if (point < 0) return malformed;
  const given = text.length - point - 1;
  if (given > decimals && !(acceptZeros && onlyZeros(text, point + 1 + decimals))) return tooFine;
  const negative = text.charCodeAt(0) === 45;
  let units = 0;
  const end = Math.min(text.length, decimals === 0 ? point : point + 1 + decimals);
  for (let at = negative ? 1 : 0; at < end; at++) if (at !== point) units = units * 10 + (text.charCodeAt(at) - 48);
  for (let missing = Math.max(given, 0); missing < decimals; missing++) units *= 10;
  // Below 2^53 every step above was exact; above it the result can only be larger, never smaller.
  if (units > Number.MAX_SAFE_INTEGER) return tooLarge;
  return negative && units !== 0 ? -units : units;
}

function onlyZeros(text: string, from: number): boolean {
  for (let at = from; at < text.length; at++) if (text.charCodeAt(at) !== 48) return false;
  return true;
}

/** Whole minor units of a currency as decimal text with all its decimals: 1230 in EUR is `12.30`. */
export function fromMinorUnits(currency: Given<string>): Rule<number, string> {
  const notWhole = reject('not a whole number of minor units');
  checkCurrency('fromMinorUnits', currency);
  return builtIn({
    name: 'fromMinorUnits',
    words: 'from minor units to a decimal amount in the currency {0}',
    run: (units: number, code: string) => {
      const decimals = currencyDecimals(code);
      if (decimals === undefined) return unknownCurrency;
      if (!Number.isSafeInteger(units)) return notWhole;
      const digits = String(Math.abs(units)).padStart(decimals + 1, '0');
      const whole = digits.slice(0, digits.length - decimals);
      return tidy((units < 0 ? '-' : '') + (decimals === 0 ? whole : `${whole}.${digits.slice(-decimals)}`));
    },
    args: [currency],
    takes: ['number'],
    gives: ['text'],
  });
}

function checkCurrency(rule: string, currency: unknown): void {
  const known = nodeOf(currency) ?? (typeof currency === 'string' ? currencyDecimals(currency) : undefined);
  if (known === undefined)
    throw definitionError(
      `\`${rule}\` needs a currency, as amounts have different decimals: a field, or a code of ISO 4217`,
    );
}

/** A currency code of ISO 4217 that has minor units; anything else, also in lower case, is rejected. */
export const currencyCode = (): Rule<string, string> =>
  builtIn({
    name: 'currencyCode',
    words: 'a currency code of ISO 4217',
    run: (code: string) => (currencyDecimals(code) === undefined ? unknownCurrency : code),
    takes: ['text'],
    gives: ['text'],
  });
