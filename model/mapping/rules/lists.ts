import { ruleOf } from '../node.ts';
import { builtIn, reject } from '../rule.ts';
import type { Rule } from '../types.ts';
import { plus } from './decimals.ts';

/** The items as one text with `separator` between them. */
export const join = (separator: string): Rule<readonly (string | number | boolean)[], string> =>
  builtIn({
    name: 'join',
    words: `joined with \`${JSON.stringify(separator)}\``,
    run: (items: readonly (string | number | boolean)[]) => items.join(separator),
    settings: separator,
    takes: ['list'],
    gives: ['text'],
  });

/** How many items. */
export const count = (): Rule<readonly unknown[], number> =>
  builtIn({
    name: 'count',
    words: 'how many',
    run: (items: readonly unknown[]) => items.length,
    takes: ['list'],
    gives: ['number'],
  });

/** A text at its separators, as a list; an empty text is an empty list. */
export const split = (separator: string): Rule<string, string[]> =>
  builtIn({
    name: 'split',
    words: `split at \`${JSON.stringify(separator)}\``,
    run: (text: string) => (text === '' ? [] : text.split(separator)),
    settings: separator,
    takes: ['text'],
    gives: ['list'],
  });

/** The items without repetitions, in the order of their first place. */
export const distinct = <T extends string | number | boolean>(): Rule<readonly T[], T[]> =>
  builtIn({
    name: 'distinct',
    words: 'without repetitions',
    run: (items: readonly T[]) => [...new Set(items)],
    takes: ['list'],
    gives: ['list'],
  });

/** A list with more items than this is rejected. */
export function maxItems<T>(length: number): Rule<readonly T[], T[]> {
  const tooLong = reject(`more than ${length} items`);
  return builtIn({
    name: 'maxItems',
    words: `at most ${length} items`,
    run: (items: readonly T[]) => (items.length > length ? tooLong : items),
    settings: length,
    takes: ['list'],
    gives: ['list'],
  });
}

/** The exact sum of decimal texts; `0` for none. */
export const sum = (): Rule<readonly string[], string> => {
  const add = ruleOf(plus('0'))?.run as (a: string, b: string) => unknown;
  return builtIn({
    name: 'sum',
    words: 'the exact sum',
    run: (items: readonly string[]) => {
      let total: unknown = '0';
      for (const item of items) {
        if (typeof total !== 'string') return total;
        total = add(total, item);
      }
      return total;
    },
    takes: ['list'],
    gives: ['text'],
  });
};
