import { pathSteps } from '../../index.ts';

/** What stands in a path in place of `{key}` and `{id}`. */
export interface PathValues {
  readonly key: string;
  readonly id?: string | null;
}

/**
 * A path with its placeholders filled in. Undefined when one cannot be: an id that is not known, an empty value, or
 * `.` and `..`, which no encoding keeps from meaning another path (WHATWG URL, 4.1).
 */
export function filledPath(template: string, values: PathValues): string | undefined {
  let complete = true;
  const path = template.replaceAll(/\{(key|id)\}/g, (_, name: 'key' | 'id') => {
    const value = values[name] ?? '';
    if (value === '' || value === '.' || value === '..' || !value.isWellFormed()) complete = false;
    return complete ? encodeURIComponent(value) : '';
  });
  return complete ? path : undefined;
}

export const isPerRecord = (template: string): boolean => /\{(key|id)\}/.test(template);

/** How a quote within quotes is written. */
export type QuoteStyle = 'backslash' | 'double';

/** Keys as they stand within the quotes of a filter, where nothing in them may end the quote. */
export const escapedKey = (key: string, style: QuoteStyle): string =>
  style === 'backslash' ? key.replaceAll(/["'\\`]/g, '\\$&') : key.replaceAll(/["'`]/g, '$&$&');

/** `[prefix, suffix]` around a list of records, so that it stands at a JSON pointer: `/data/items` gives `{"data":{"items":` and `}}`. */
export function wrapping(pointer: string): readonly [prefix: string, suffix: string] {
  const names = pointer === '' ? [] : pathSteps(pointer);
  return [names.map((name) => `{${JSON.stringify(name)}:`).join(''), '}'.repeat(names.length)];
}
