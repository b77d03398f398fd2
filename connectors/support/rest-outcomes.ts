import type { HttpAnswer, ItemOutcome, WriteItem } from '../../model/connector.ts';
import { SyncFailure } from '../../model/failure.ts';
import { type Json, valueAt } from '../../model/json.ts';
import type { RestDestinationOptions, ResultOptions } from './rest-destination-options.ts';
import { refusal, refusalIn } from './rest-reason.ts';

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
 * What became of each record of a bulk request. Where the answer leaves a doubt, as by a wrong number of results, all
 * are `unknown`. Throws when the request as a whole was refused.
 */
export function bulkOutcomes(
  answer: WriteAnswer,
  items: readonly WriteItem[],
  options: ResultOptions | undefined,
): readonly ItemOutcome[] {
  const results = options && matched(items, valueAt(answer.body, options.list), options.key);
  if (options && results) return items.map((item, index) => itemOutcome(item, results[index] ?? null, options));
  const [only] = items;
  if (answer.status >= 300 && only && items.length === 1) return [singleOutcome(answer, only, {})];
  if (answer.status === 409 || answer.status === 412) return items.map(() => ({ state: 'unknown' }));
  if (answer.status >= 300) throw requestFailure(answer);
  if (options) return items.map(() => ({ state: 'unknown' }));
  if (answer.status === 207)
    throw new SyncFailure(
      'RESPONSE_SHAPE',
      `${answer.place} answered one status for each item (207): state \`results\`.`,
    );
  return items.map(() => ({ state: 'confirmed' }));
}

function requestFailure({ status, place }: WriteAnswer): SyncFailure {
  const code = status === 413 ? 'BATCH_LIMIT' : status === 404 ? 'NOT_FOUND' : 'REQUEST_REJECTED';
  return new SyncFailure(code, `${place} answered ${status}.`, { effect: 'none' });
}

/** One result for each item, in the order of the items. Undefined when they do not fit one to one. */
function matched(
  items: readonly WriteItem[],
  list: Json | undefined,
  keyPath: string | undefined,
): readonly Json[] | undefined {
  if (!Array.isArray(list) || list.length !== items.length) return undefined;
  if (keyPath === undefined) return list;
  const keys: readonly (string | undefined)[] = list.map((result) => keyText(valueAt(result, keyPath)));
  // A refused record may have no key to answer with: the order then still tells, if it fits everywhere else.
  if (keys.every((key, index) => key === undefined || key === items[index]?.key)) return list;
  const byKey = new Map(keys.map((key, index) => [key, list[index]]));
  const ordered = items.map(({ key }) => byKey.get(key));
  return byKey.size === items.length && ordered.every((result) => result !== undefined) ? ordered : undefined;
}

function itemOutcome(item: WriteItem, result: Json, options: ResultOptions): ItemOutcome {
  const status = valueAt(result, options.status);
  if (isOk(status, options.ok)) return confirmed(options.id === undefined ? undefined : valueAt(result, options.id));
  const code = httpStatus(status);
  const mayHaveHappened =
    status === undefined || (code !== undefined && (code >= 500 || [408, 425, 429].includes(code)));
  if (mayHaveHappened) return { state: 'unknown' };
  const message = options.message === undefined ? undefined : text(valueAt(result, options.message));
  const field = options.field === undefined ? undefined : text(valueAt(result, options.field));
  const isConflict = code === 409 || code === 412 || status === 'conflict';
  return {
    state: 'rejected',
    code: isConflict ? 'CONFLICT' : 'RECORD_REJECTED',
    ...refusal(message, field, item.json, code === undefined ? 'the destination gave no reason' : `answered ${code}`),
  };
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

const text = (value: Json | undefined): string | undefined => (typeof value === 'string' ? value : undefined);
