import type { RuleSpec } from '../node.ts';
import { ruleOf } from '../node.ts';
import { expr, toNode } from '../recorded.ts';
import { builtIn, reject } from '../rule.ts';
import type { Expr, Given } from '../types.ts';
import { compareDecimals } from './decimals.ts';

/** Conditions for `where`, `when` and `filter`. All are exact: nothing is converted to compare it. */
function condition(
  name: string,
  words: string,
  first: unknown,
  rest: readonly unknown[],
  run: RuleSpec['run'],
  takesMissing = false,
): Expr<boolean> {
  const takes = ['text', 'number', 'boolean', 'date', 'list', 'object'] as const;
  const built = builtIn({
    name,
    words,
    run,
    args: rest,
    takes: takesMissing ? [...takes, 'null', 'missing'] : takes,
    gives: ['boolean'],
  });
  const rule = ruleOf(built) as RuleSpec;
  return expr({ kind: 'apply', input: toNode(first), rule, skipMissing: false });
}

type Simple = string | number | boolean | null | undefined;

/** The same value. Null equals null, and a missing field equals a missing one. */
export const equals = <const T extends Simple>(a: Expr<T>, b: Given<NoInfer<T>>): Expr<boolean> =>
  condition('equals', 'is {0}', a, [b], (x: unknown, y: unknown) => x === y, true);

/** Not the same value. */
export const differs = <const T extends Simple>(a: Expr<T>, b: Given<NoInfer<T>>): Expr<boolean> =>
  condition('differs', 'is not {0}', a, [b], (x: unknown, y: unknown) => x !== y, true);

/** One of these values. */
export const isIn = <const T extends Simple>(a: Expr<T>, values: readonly NoInfer<T>[]): Expr<boolean> =>
  condition(
    'isIn',
    'is one of {0}',
    a,
    [fixedList(values)],
    (x: unknown, list: readonly unknown[]) => list.includes(x),
    true,
  );

/** One constant, so that no list is made per record. */
const fixedList = (values: readonly unknown[]): Expr<unknown> =>
  expr({ kind: 'constant', value: Object.freeze([...values]) });

/** Neither null nor missing. */
export const isPresent = (a: Expr<unknown>): Expr<boolean> =>
  condition('isPresent', 'is present', a, [], (x: unknown) => x !== null && x !== undefined, true);

/** Null or missing. */
export const isMissing = (a: Expr<unknown>): Expr<boolean> =>
  condition('isMissing', 'is missing', a, [], (x: unknown) => x === null || x === undefined, true);

const notComparable = reject('neither two numbers nor two decimal texts');

/** Numbers as numbers, texts as exact decimals (`9.50` is less than `10`). */
function ordered(
  name: string,
  words: string,
  a: unknown,
  b: unknown,
  holds: (order: number) => boolean,
): Expr<boolean> {
  return condition(name, words, a, [b], (x: string | number, y: string | number) => {
    if (typeof x === 'number' && typeof y === 'number') return holds(x - y);
    const order = typeof x === 'string' && typeof y === 'string' ? compareDecimals(x, y) : undefined;
    return order === undefined ? notComparable : holds(order);
  });
}

type Comparable = string | number;
type Alike<T> = T extends number ? number : string;

/** Less than. Two numbers, or two decimal texts, which are compared exactly. */
export const lessThan = <T extends Comparable>(a: Expr<T>, b: Given<Alike<NoInfer<T>>>): Expr<boolean> =>
  ordered('lessThan', 'is less than {0}', a, b, (order) => order < 0);

/** Less than or equal. */
export const atMost = <T extends Comparable>(a: Expr<T>, b: Given<Alike<NoInfer<T>>>): Expr<boolean> =>
  ordered('atMost', 'is at most {0}', a, b, (order) => order <= 0);

/** More than. */
export const moreThan = <T extends Comparable>(a: Expr<T>, b: Given<Alike<NoInfer<T>>>): Expr<boolean> =>
  ordered('moreThan', 'is more than {0}', a, b, (order) => order > 0);

/** More than or equal. */
export const atLeast = <T extends Comparable>(a: Expr<T>, b: Given<Alike<NoInfer<T>>>): Expr<boolean> =>
  ordered('atLeast', 'is at least {0}', a, b, (order) => order >= 0);

/** Earlier in ISO 8601 form, both a date (`2026-01-31`) or both an instant in UTC (`2026-01-31T00:00:00Z`). */
export const isBefore = (a: Expr<string>, b: Given<string>): Expr<boolean> =>
  inTime('isBefore', 'is before {0}', a, b, (x, y) => x < y);

/** Later in ISO 8601 form, like `isBefore`. */
export const isAfter = (a: Expr<string>, b: Given<string>): Expr<boolean> =>
  inTime('isAfter', 'is after {0}', a, b, (x, y) => x > y);

const isoDay = /^\d{4}-\d\d-\d\d$/;
const isoInstant = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z$/;
const notInTime = reject('neither two ISO dates nor two ISO instants in UTC');

function inTime(
  name: string,
  words: string,
  a: unknown,
  b: unknown,
  holds: (x: string | number, y: string | number) => boolean,
): Expr<boolean> {
  return condition(name, words, a, [b], (x: string, y: string) => {
    if (isoDay.test(x) && isoDay.test(y)) return holds(x, y);
    return isoInstant.test(x) && isoInstant.test(y) ? holds(Date.parse(x), Date.parse(y)) : notInTime;
  });
}

/** All conditions hold. */
export const allOf = (first: Expr<boolean>, ...rest: readonly Expr<boolean>[]): Expr<boolean> =>
  condition('allOf', placeholders('and', rest.length), first, rest, (...all: boolean[]) => all.every(Boolean));

/** At least one condition holds. */
export const anyOf = (first: Expr<boolean>, ...rest: readonly Expr<boolean>[]): Expr<boolean> =>
  condition('anyOf', placeholders('or', rest.length), first, rest, (...all: boolean[]) => all.some(Boolean));

/** The condition does not hold. */
export const not = (a: Expr<boolean>): Expr<boolean> => condition('not', 'does not hold', a, [], (x: boolean) => !x);

const placeholders = (word: string, length: number): string =>
  Array.from({ length }, (_, index) => `${word} {${index}}`).join(' ') || 'holds';
