import { definitionError } from '../definition.ts';
import { type Kind, rejectionOf } from '../node.ts';
import { builtIn, reject } from '../rule.ts';
import { kindsOfValue } from '../schema.ts';
import type { Rejected, Rule } from '../types.ts';
import { constantWords } from '../words.ts';

type Value = string | number | boolean | null;
type Table = Readonly<Record<string, Value>>;

/**
 * Translates the values of an enum. Over a source field that is an enum every value has to be in the table: a
 * missing one is a compile error that names it, and an error of `syncline check`. Over a field of any text say what
 * happens to other texts with `otherwise`: a value, or `reject('why')`.
 */
export function oneOf<const T extends Table>(table: T): Rule<keyof T & string, T[keyof T]>;
export function oneOf<const T extends Table, const O extends Value | undefined | Rejected>(
  table: T,
  options: { readonly otherwise: O },
): Rule<string, T[keyof T] | Exclude<O, Rejected>>;
export function oneOf(
  table: Table,
  options?: { readonly otherwise: Value | undefined | Rejected },
): Rule<never, Value | undefined> {
  return translation('oneOf', table, options);
}

/**
 * Finds a text in a table. `otherwise` is what a text that is not in it becomes: a value, undefined (left out), or
 * `reject('why')`. Only the table's own keys count.
 */
export const lookup = <const T extends Table, const O extends Value | undefined | Rejected>(
  table: T,
  options: { readonly otherwise: O },
): Rule<string, T[keyof T] | Exclude<O, Rejected>> => translation('lookup', table, options);

function translation<A, B>(name: string, table: Table, options?: { readonly otherwise: unknown }): Rule<A, B> {
  const entries = Object.entries(table);
  if (entries.length === 0) throw definitionError(`\`${name}\` needs at least one entry`);
  const values = new Map<string, unknown>(entries);
  const otherwise = options ? options.otherwise : reject(`not one of ${entries.length} known values`);
  return builtIn({
    name,
    words: translationWords(entries, options && constantWords(options.otherwise)),
    run: (text: string) => {
      const found = values.get(text);
      return found === undefined ? otherwise : found;
    },
    settings: [entries, options ? [otherwise === undefined ? 'left out' : otherwise] : []],
    takes: ['text'],
    gives: [...new Set([...values.values(), ...(rejectionOf(otherwise) === undefined ? [otherwise] : [])])].flatMap(
      (value) => [...kindsOfValue(value)],
    ) satisfies Kind[],
    ...(!options && { covers: [...values.keys()] }),
  });
}

/** Long tables are told by their beginning. */
const SHOWN = 12;

function translationWords(entries: readonly (readonly [string, Value])[], otherwise: string | undefined): string {
  const shown = entries.slice(0, SHOWN).map(([from, to]) => `${constantWords(from)} → ${constantWords(to)}`);
  const more = entries.length > SHOWN ? `, and ${entries.length - SHOWN} more` : '';
  return `translated: ${shown.join(', ')}${more}; anything else: ${otherwise ?? 'a rejection'}`;
}

/** Declared texts and numbers as true and false; anything else is rejected, never guessed. */
export function booleanFrom(set: {
  readonly true: readonly (string | number)[];
  readonly false: readonly (string | number)[];
}): Rule<string | number | boolean, boolean> {
  const values = new Map<string | number | boolean, boolean>([
    ...set.true.map((value) => [value, true] as const),
    ...set.false.map((value) => [value, false] as const),
  ]);
  const both = set.true.find((value) => set.false.includes(value));
  if (both !== undefined) throw definitionError(`\`booleanFrom\`: ${JSON.stringify(both)} is both true and false`);
  if (set.true.length === 0 || set.false.length === 0)
    throw definitionError('`booleanFrom` needs at least one value for true and one for false');
  const unknown = reject('not one of the declared values for true and false');
  const told = (part: readonly (string | number)[]): string => part.map(constantWords).join(', ');
  return builtIn({
    name: 'booleanFrom',
    words: `true for ${told(set.true)}; false for ${told(set.false)}; anything else: a rejection`,
    run: (value: string | number | boolean) => values.get(value) ?? unknown,
    settings: set,
    takes: ['text', 'number', 'boolean'],
    gives: ['boolean'],
  });
}
