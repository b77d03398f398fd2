import { isRecord, type Json, parseExact, valueAt } from '../../index.ts';

/** Why a destination refused a record: short, and without anything of the record's content. */
export interface Refusal {
  readonly reason: string;
  readonly field?: string;
}

const MAX_REASON = 200;
/** A longer message is no reason but a page; it is not searched for values, and not shown. */
const MAX_MESSAGE = 2_000;

/** The refusal in the body of an error answer, in whichever of the usual forms it has. */
export function refusalIn(body: Json | undefined, status: number, recordJson: string): Refusal {
  const { message, field } = problemIn(body);
  return refusal(message, field, recordJson, `answered ${status}`);
}

/** A refusal from the message and field that a destination gave. */
export function refusal(
  message: string | undefined,
  field: string | undefined,
  recordJson: string,
  otherwise: string,
): Refusal {
  const words = message === undefined || message.length > MAX_MESSAGE ? '' : withoutValues(message, recordJson).trim();
  const reason = (words === '' ? otherwise : words).slice(0, MAX_REASON);
  return field !== undefined && /^[\w.[\]/$@ -]{1,100}$/.test(field) ? { reason, field } : { reason };
}

/**
 * Whether an answer of success says inside that it was none: `ok` or `success` is false, or there is an error. A field that
 * the record itself has says nothing: the answer may be the record.
 */
export function saysFailed(body: Json | undefined, recordJson: string): boolean {
  if (!isRecord(body) || !failureNames.some((name) => isFailing(name, body[name]))) return false;
  const record = parsed(recordJson);
  return failureNames.some((name) => isFailing(name, body[name]) && !(isRecord(record) && Object.hasOwn(record, name)));
}

const failureNames = ['ok', 'success', 'errors', 'error'];

function isFailing(name: string, value: Json | undefined): boolean {
  if (name === 'ok' || name === 'success') return value === false;
  if (Array.isArray(value)) return value.length > 0;
  return name === 'error' && (isRecord(value) || (typeof value === 'string' && value !== ''));
}

interface Problem {
  readonly message?: string | undefined;
  readonly field?: string | undefined;
}

const listNames = ['errors', 'violations', 'details', 'fieldErrors', 'data', 'error'];
const messageNames = [
  'message',
  'detail',
  'reason',
  'description',
  'error_description',
  'title',
  'msg',
  'error',
  'code',
];
const fieldNames = [
  'field',
  'param',
  'path',
  'property',
  'pointer',
  'propertyPath',
  'attribute',
  '/source/pointer',
  'name',
];

/** A problem with a field says more than the general one. */
function problemIn(body: Json | undefined): Problem {
  if (!isRecord(body)) return {};
  for (const name of listNames) {
    const found = problemOfList(valueAt(body, name));
    if (found.field !== undefined) return { ...found, message: found.message ?? firstText(body, messageNames) };
  }
  for (const name of listNames) {
    const found = problemOfList(valueAt(body, name));
    if (found.message !== undefined) return found;
  }
  return { message: firstText(body, messageNames), field: firstText(body, ['field', 'param', 'property']) };
}

function problemOfList(value: Json | undefined): Problem {
  const first: Json | undefined = Array.isArray(value) ? value[0] : value;
  if (typeof first === 'string') return Array.isArray(value) ? { message: first } : {};
  if (!isRecord(first)) return {};
  const message = firstText(first, messageNames);
  if (message !== undefined) return { message, field: firstText(first, fieldNames) };
  return problemByField(first);
}

/** `{ "email": ["is not valid"] }` and `{ "email": { "message": "is not valid" } }`. */
function problemByField(problems: { readonly [field: string]: Json }): Problem {
  const [field, value] = Object.entries(problems)[0] ?? [];
  const first: Json | undefined = Array.isArray(value) ? value[0] : value;
  if (typeof first === 'string') return { field, message: first };
  return isRecord(first) ? { field, message: firstText(first, messageNames) } : {};
}

function firstText(record: Json, names: readonly string[]): string | undefined {
  for (const name of names) {
    const value = valueAt(record, name);
    if (typeof value === 'string' && value !== '') return value;
    if (Array.isArray(value) && value.length > 0 && value.every((part) => typeof part !== 'object'))
      return value.join('.');
  }
  return undefined;
}

/**
 * Masks everything in a message that may come from the record: its values, and, as the destination may have changed
 * them first, whatever is quoted, long numbers and addresses. Names of fields stay.
 */
export function withoutValues(message: string, recordJson: string): string {
  const names = new Set<string>();
  const values = new Set<string>();
  collect(parsed(recordJson), names, values);
  let text = message
    // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what must go
    .replaceAll(/[\s\u0000-\u001f\u007f]+/g, ' ')
    .replaceAll(/(["'`“‘])([^"'`“”‘’]*)(["'`”’])/g, (quoted, _open, inner: string) =>
      names.has(inner) ? quoted : MASK,
    )
    .replaceAll(/\S+@\S+/g, MASK);
  for (const value of [...values].sort((a, b) => b.length - a.length)) text = withoutValue(text, value);
  return text.replaceAll(/\d{4,}/g, MASK);
}

const MASK = '…';

function withoutValue(text: string, value: string): string {
  if (!text.toLowerCase().includes(value.toLowerCase())) return text;
  const literal = value.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
  const whole = value.length < 3 ? `(?<![\\p{L}\\p{N}])${literal}(?![\\p{L}\\p{N}])` : literal;
  return text.replaceAll(new RegExp(whole, 'giu'), MASK);
}

function collect(value: Json, names: Set<string>, values: Set<string>): void {
  if (typeof value === 'string' || typeof value === 'number') {
    const text = String(value).trim().replaceAll(/\s+/g, ' ');
    if (text !== '') values.add(text);
  } else if (Array.isArray(value)) for (const item of value) collect(item, names, values);
  else if (isRecord(value))
    for (const [name, inner] of Object.entries(value)) {
      names.add(name);
      collect(inner, names, values);
    }
}

function parsed(json: string): Json {
  try {
    return parseExact(json);
  } catch {
    return null;
  }
}
