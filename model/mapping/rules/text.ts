import { definitionError } from '../definition.ts';
import { builtIn, reject } from '../rule.ts';
import type { Rule } from '../types.ts';

type Text = Rule<string, string>;

const onText = (name: string, words: string, run: (text: string) => unknown, settings?: unknown): Text =>
  builtIn({ name, words, run, settings, takes: ['text'], gives: ['text'] });

/** Without white space at either end. */
export const trim = (): Text => onText('trim', 'without space at either end', (text) => text.trim());

/** With every run of white space as one space, and none at either end. */
export const collapseSpaces = (): Text =>
  onText('collapseSpaces', 'with single spaces', (text) => text.trim().split(/\s+/).join(' '));

/** In lower case, the same in every language. */
export const lower = (): Text => onText('lower', 'in lower case', (text) => text.toLowerCase());

/** In upper case, the same in every language. */
export const upper = (): Text => onText('upper', 'in upper case', (text) => text.toUpperCase());

/** These exact texts mean that there is no value: they become null. Null and missing become null too. */
export function nullIf(...texts: readonly string[]): Rule<string | null | undefined, string | null> {
  const none = new Set(texts);
  return builtIn({
    name: 'nullIf',
    words: `with ${texts.map((text) => `\`${JSON.stringify(text)}\``).join(', ')} taken as no value`,
    run: (text: string | null | undefined) => (text === null || text === undefined || none.has(text) ? null : text),
    settings: texts,
    takes: ['text', 'null', 'missing'],
    gives: ['text', 'null'],
  });
}

/** Not longer than `length` characters (Unicode code points: no character is cut in half); the end is dropped. */
export function truncate(length: number): Text {
  positive('truncate', length);
  return onText('truncate', `cut to ${length} characters`, (text) => cut(text, length), length);
}

/** Longer than `length` characters (Unicode code points) is rejected. */
export function maxLength(length: number): Text {
  positive('maxLength', length);
  const tooLong = reject(`longer than ${length} characters`);
  const words = `at most ${length} characters`;
  return onText('maxLength', words, (text) => (cut(text, length).length < text.length ? tooLong : text), length);
}

function cut(text: string, length: number): string {
  if (text.length <= length) return text;
  let end = 0;
  for (let count = 0; count < length && end < text.length; count++)
    end += (text.codePointAt(end) ?? 0) > 0xffff ? 2 : 1;
  return text.slice(0, end);
}

/** Filled up at the start to `length` UTF-16 units, with `by` (default a space). */
export function padStart(length: number, by = ' '): Text {
  positive('padStart', length);
  return onText('padStart', padWords('start', length, by), (text) => text.padStart(length, by), [length, by]);
}

/** Filled up at the end to `length` UTF-16 units, with `by` (default a space). */
export function padEnd(length: number, by = ' '): Text {
  positive('padEnd', length);
  return onText('padEnd', padWords('end', length, by), (text) => text.padEnd(length, by), [length, by]);
}

const padWords = (side: string, length: number, by: string): string =>
  `filled up at the ${side} to ${length} characters with \`${JSON.stringify(by)}\``;

/**
 * Every occurrence of a text replaced by another. There is no rule with a regular expression, as a badly chosen one
 * can take hours on one record: write such a rule with `rule`, and test it.
 */
export function replace(text: string, by: string): Text {
  if (text === '') throw definitionError('`replace` needs a text to look for');
  const words = `with \`${JSON.stringify(text)}\` replaced by \`${JSON.stringify(by)}\``;
  return onText('replace', words, (value) => value.split(text).join(by), [text, by]);
}

/** In one of the Unicode normal forms (Unicode Standard Annex 15), so that equal-looking texts are equal. Default NFC. */
export const normalise = (form: 'NFC' | 'NFD' | 'NFKC' | 'NFKD' = 'NFC'): Text =>
  onText('normalise', `in Unicode form ${form}`, (text) => text.normalize(form), form);

/** Control characters, but for tab and line ends. */
const controls = /[^\P{Cc}\t\n\r]/u;

/** Without control characters (tab and line ends stay) and with halves of surrogate pairs as U+FFFD: what a database can store. */
export const storable = (): Text =>
  onText('storable', 'without control characters and broken characters', (text) =>
    // The usual text has neither, and is then given back as it is.
    controls.test(text) || !text.isWellFormed() ? text.split(controls).join('').toWellFormed() : text,
  );

/** An empty text, or one of white space only, is rejected. */
export function notBlank(): Text {
  const blank = reject('empty');
  return onText('notBlank', 'not empty', (text) => (text.trim() === '' ? blank : text));
}

/** A number or boolean as text. */
export const asText = (): Rule<string | number | boolean, string> =>
  builtIn({
    name: 'asText',
    words: 'as text',
    run: (value: string | number | boolean) => String(value),
    takes: ['text', 'number', 'boolean'],
    gives: ['text'],
  });

/** The text between two texts before and after it. */
export const around = (before: string, after = ''): Text =>
  onText('around', aroundWords(before, after), (text) => before + text + after, [before, after]);

const aroundWords = (before: string, after: string): string =>
  [before && `with \`${JSON.stringify(before)}\` before it`, after && `with \`${JSON.stringify(after)}\` after it`]
    .filter((part) => part !== '')
    .join(' and ') || 'as it is';

function positive(rule: string, length: number): void {
  if (!Number.isSafeInteger(length) || length < 1) throw definitionError(`\`${rule}\` needs a length of 1 or more`);
}
