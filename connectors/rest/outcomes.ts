import { type HttpAnswer, type ItemOutcome, type Json, SyncFailure, valueAt, type WriteItem } from '../../index.ts';
import type { RestDestinationOptions, ResultOptions } from './destination-options.ts';
import type { Fold } from './fold.ts';
import { type Refusal, refusal, refusalIn, saysFailed } from './reason.ts';

/** An answer to a write. `body` is undefined when it is not JSON. */
export interface WriteAnswer {
  readonly status: number;
  readonly body: Json | undefined;
  /** Names the call in messages. */
  readonly place: string;
  /** The path names the record itself, so that 404 is about the record. */
  readonly perRecord: boolean;
  readonly headers: HttpAnswer['headers'];
}

/** What became of one record sent alone. Throws when the answer is not about the record. */
export function singleOutcome(answer: WriteAnswer, item: WriteItem, options: Naming): ItemOutcome {
  const { status, body } = answer;
  if (status < 300) {
    const refused = aloneOutcome(answer, item);
    if (refused) return refused;
    const tag = tagOf(options, body, answer.headers);
    return {
      ...confirmed(options.id === undefined ? undefined : valueAt(body, options.id)),
      ...(tag !== undefined && { tag }),
    };
  }
  if (status === 400 || status === 422)
    return { state: 'rejected', code: 'RECORD_REJECTED', ...refusalIn(body, status, item.json) };
  if (status === 409 || status === 412)
    return { state: 'rejected', code: 'CONFLICT', ...refusalIn(body, status, item.json) };
  if (status === 404 && answer.perRecord)
    return { state: 'rejected', code: 'CONFLICT', reason: 'the destination no longer has this record' };
  throw requestFailure(answer);
}

/** Where an answer says what a record is called and which version of it there is. */
export type Naming = Pick<RestDestinationOptions, 'id' | 'ifMatch'>;

/** The version of a record: the field that says it, or the ETag of an answer that is this record. */
export function tagOf(
  { ifMatch }: Naming,
  record: Json | undefined,
  headers: HttpAnswer['headers'],
): string | undefined {
  if (ifMatch === undefined) return undefined;
  return ifMatch.field === undefined ? headers['etag'] : keyText(valueAt(record, ifMatch.field));
}

/** A record that is already gone is deleted. */
export function deleteOutcome(answer: WriteAnswer, item: WriteItem): ItemOutcome {
  return answer.status === 404 && answer.perRecord ? { state: 'confirmed' } : singleOutcome(answer, item, {});
}

/**
 * What became of each record of a bulk request. A record of which the answer says nothing is `unknown`, and all are when
 * the answer does not fit. Throws when the request as a whole was refused.
 */
export function bulkOutcomes(
  answer: WriteAnswer,
  items: readonly WriteItem[],
  options: ResultOptions | undefined,
  fold: Fold,
): readonly ItemOutcome[] {
  const results = options && matched(items, answer.body, options, fold);
  const [only] = items;
  if (options && results) {
    const outcomes = items.map((item, index) => itemOutcome(item, results[index], options));
    const [alone] = outcomes;
    return items.length === 1 && only && alone?.state === 'unknown' && answer.status < 300
      ? [aloneOutcome(answer, only) ?? alone]
      : outcomes;
  }
  if (answer.status >= 300 && only && items.length === 1) return [singleOutcome(answer, only, {})];
  if (answer.status === 409 || answer.status === 412) return items.map(() => ({ state: 'unknown' }));
  if (answer.status >= 300) throw requestFailure(answer);
  const refused = only && items.length === 1 ? aloneOutcome(answer, only) : undefined;
  if (refused) return [refused];
  const says = options !== undefined || answer.status === 207 || saysFailed(answer.body, '{}');
  return items.map(() => (says ? { state: 'unknown' } : { state: 'confirmed' }));
}

/** An answer of success to one record that holds an error all the same: whatever it says, it says of this record. */
const aloneOutcome = ({ status, body }: WriteAnswer, item: WriteItem): ItemOutcome | undefined =>
  saysFailed(body, item.json)
    ? { state: 'rejected', code: 'RECORD_REJECTED', ...refusalIn(body, status, item.json) }
    : undefined;

function requestFailure({ status, place }: WriteAnswer): SyncFailure {
  const code = status === 413 ? 'BATCH_LIMIT' : status === 404 ? 'NOT_FOUND' : 'REQUEST_REJECTED';
  return new SyncFailure(code, `${place} answered ${status}.`, { effect: 'none' });
}

/** What the answer says of an item; undefined: nothing. */
type Result = { readonly result: Json } | { readonly error: Json } | undefined;

/**
 * What the answer says of each item: by key where results name one, else in the order of the items, of which there then
 * has to be one for each. Undefined when there is no list that fits.
 */
function matched(
  items: readonly WriteItem[],
  body: Json | undefined,
  { list: place, key, errors }: ResultOptions,
  fold: Fold,
): readonly Result[] | undefined {
  const refused = errors && valueAt(body, errors.list);
  const errorOf = errors && Array.isArray(refused) ? oneByKey(refused, errors.key, fold) : new Map<string, Json>();
  // Where every item was refused, the other list may be left out.
  const list = valueAt(body, place) ?? (errorOf.size > 0 ? [] : undefined);
  if (!Array.isArray(list)) return undefined;
  const inOrder = list.length === items.length;
  if (key === undefined) return inOrder ? list.map((result) => ({ result })) : undefined;
  const keys = list.map((result) => foldedText(fold, valueAt(result, key)));
  const wanted = items.map((item) => fold(item.key));
  // A refused record may have no key to answer with: the order then still tells, if it fits everywhere else.
  if (inOrder && keys.every((one, index) => one === undefined || one === wanted[index]))
    return list.map((result) => ({ result }));
  const resultOf = oneByKey(list, key, fold);
  return wanted.map((one) => {
    const result = resultOf.get(one);
    const error = errorOf.get(one);
    if (error !== undefined) return result === undefined ? { error } : undefined;
    return result === undefined ? undefined : { result };
  });
}

/** The entries of a list by key; without those whose key comes twice, which say nothing that could be relied on. */
function oneByKey(list: readonly Json[], path: string, fold: Fold): ReadonlyMap<string, Json> {
  const found = new Map<string, Json>();
  const twice = new Set<string>();
  for (const entry of list) {
    const named = valueAt(entry, path);
    for (const one of Array.isArray(named) ? named : [named]) {
      const key = foldedText(fold, one);
      if (key === undefined) continue;
      if (found.has(key)) twice.add(key);
      found.set(key, entry);
    }
  }
  for (const key of twice) found.delete(key);
  return found;
}

function itemOutcome(item: WriteItem, found: Result, options: ResultOptions): ItemOutcome {
  if (found === undefined) return { state: 'unknown' };
  if ('error' in found) {
    const { message = 'message', field } = options.errors ?? {};
    return { state: 'rejected', code: 'RECORD_REJECTED', ...wordsOf(found.error, { message, field }, item) };
  }
  const { result } = found;
  const status = valueAt(result, options.status);
  if (isOk(status, options.ok)) return confirmed(options.id === undefined ? undefined : valueAt(result, options.id));
  const code = httpStatus(status);
  if (status === undefined) return { state: 'unknown' };
  if (code !== undefined && (code >= 500 || [408, 425, 429].includes(code))) return { state: 'unknown', later: true };
  const isConflict = code === 409 || code === 412 || status === 'conflict';
  return {
    state: 'rejected',
    code: isConflict ? 'CONFLICT' : 'RECORD_REJECTED',
    ...wordsOf(result, options, item, code),
  };
}

function wordsOf(
  entry: Json,
  { message, field }: { readonly message?: string | undefined; readonly field?: string | undefined },
  item: WriteItem,
  code?: number,
): Refusal {
  const words = message === undefined ? undefined : text(valueAt(entry, message));
  const where = field === undefined ? undefined : text(valueAt(entry, field));
  return refusal(words, where, item.json, code === undefined ? 'the destination gave no reason' : `answered ${code}`);
}

const okWords: ReadonlySet<string> = new Set([
  'ok',
  'success',
  'succeeded',
  'created',
  'updated',
  'unchanged',
  'upserted',
]);

function isOk(status: Json | undefined, ok: ResultOptions['ok']): boolean {
  if (ok !== undefined) return ok.some((value) => value === status);
  const code = httpStatus(status);
  if (code !== undefined) return code >= 200 && code < 300;
  return status === true || (typeof status === 'string' && okWords.has(status.toLowerCase()));
}

function httpStatus(status: Json | undefined): number | undefined {
  const code = typeof status === 'string' && /^\d{3}$/.test(status) ? Number(status) : status;
  return typeof code === 'number' ? code : undefined;
}

function confirmed(id: Json | undefined): Extract<ItemOutcome, { state: 'confirmed' }> {
  const known = keyText(id);
  return known === undefined ? { state: 'confirmed' } : { state: 'confirmed', id: known };
}

/** A key or id as text. Undefined for what is none. */
export const keyText = (value: Json | undefined): string | undefined =>
  typeof value === 'string' ? value : typeof value === 'number' ? String(value) : undefined;

/** A key in an answer, as the destination knows it, however it spells it. */
export function foldedText(fold: Fold, value: Json | undefined): string | undefined {
  const key = keyText(value);
  return key === undefined ? undefined : fold(key);
}

const text = (value: Json | undefined): string | undefined => (typeof value === 'string' ? value : undefined);
