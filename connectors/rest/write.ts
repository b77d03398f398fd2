import {
  Content,
  carriable,
  contentOf,
  type HttpAnswer,
  type HttpClient,
  type ItemOutcome,
  isSyncFailure,
  type Json,
  parseExact,
  SyncFailure,
  valueAt,
  type WriteItem,
  type WriteRequest,
} from '../../index.ts';
import { jsonOf } from './body.ts';
import type { RestDestinationOptions } from './destination-options.ts';
import type { Fold } from './fold.ts';
import { formOf } from './form.ts';
import type { RestSettings } from './options.ts';
import { bulkOutcomes, deleteOutcome, foldedText, singleOutcome, type WriteAnswer } from './outcomes.ts';
import { filledPath, isPerRecord, wrapping } from './template.ts';

export interface RestDestination {
  readonly connection: string;
  readonly settings: RestSettings;
  readonly options: RestDestinationOptions;
  readonly http: HttpClient;
  /** By `keyAs` of the options. */
  readonly fold: Fold;
}

/** Records in one request where the options state none. */
const DEFAULT_BULK_RECORDS = 100;

export const maxRecordsOf = ({ bulk, maxRecords }: RestDestinationOptions): number =>
  bulk ? (maxRecords ?? DEFAULT_BULK_RECORDS) : 1;

/** Writes items in their order: neighbours of one kind together where the destination takes many at once. */
export async function writeItems(destination: RestDestination, request: WriteRequest): Promise<readonly ItemOutcome[]> {
  refuseTooLarge(destination, request.items);
  refuseOtherKey(destination, request.items);
  request.signal.throwIfAborted();
  const parts = partsOf(request.items, destination.options.bulk !== undefined);
  const outcomes: ItemOutcome[] = [];
  for (const [index, part] of parts.entries()) {
    const id = parts.length === 1 ? request.id : `${request.id}-${index}`;
    outcomes.push(
      ...(await writePart(destination, part, { ...request, id }).catch((error: unknown) => {
        throw index === 0 ? error : withDoubt(error);
      })),
    );
  }
  return outcomes;
}

function refuseTooLarge({ connection, options }: RestDestination, items: readonly WriteItem[]): void {
  const bytes = items.reduce((sum, item) => sum + (item.content?.length ?? Buffer.byteLength(item.json)) + 1, 0);
  if (items.length <= maxRecordsOf(options) && bytes <= options.maxBytes) return;
  const message = `A request of ${items.length} records and ${bytes} bytes exceeds the limits stated for ${connection}.`;
  throw new SyncFailure('BATCH_LIMIT', message, { effect: 'none' });
}

/** A record that does not hold its key could never be looked up; one record shows whether `key` is the right field. */
function refuseOtherKey({ options, fold }: RestDestination, items: readonly WriteItem[]): void {
  const first = items.find(({ op }) => op === 'upsert');
  if (options.key === undefined || first === undefined) return;
  const record = parseExact(first.json);
  if (foldedText(fold, valueAt(record, options.key)) === fold(first.key)) return;
  throw new SyncFailure('REQUEST_REJECTED', `The field \`${options.key}\` does not hold the key of the sync.`, {
    effect: 'none',
  });
}

function partsOf(items: readonly WriteItem[], inBulk: boolean): readonly (readonly WriteItem[])[] {
  const parts: WriteItem[][] = [];
  for (const item of items) {
    const last = parts.at(-1);
    if (inBulk && item.op === 'upsert' && last?.[0]?.op === 'upsert') last.push(item);
    else parts.push([item]);
  }
  return parts;
}

/** Earlier parts of the request have been written: whatever happened to this one, the request has had an effect. */
const withDoubt = (error: unknown): unknown =>
  isSyncFailure(error)
    ? new SyncFailure(error.code, error.message, {
        effect: 'unknown',
        ...(error.retryAfterMs === undefined ? {} : { retryAfterMs: error.retryAfterMs }),
      })
    : error;

async function writePart(
  destination: RestDestination,
  items: readonly WriteItem[],
  request: WriteRequest,
): Promise<readonly ItemOutcome[]> {
  const [first] = items;
  if (first === undefined) return [];
  if (first.op === 'delete') {
    const outcomes: ItemOutcome[] = [];
    for (const item of items) outcomes.push(await remove(destination, item, request));
    return outcomes;
  }
  return destination.options.bulk
    ? writeBulk(destination, items, request)
    : [await writeOne(destination, first, request)];
}

async function writeBulk(
  destination: RestDestination,
  items: readonly WriteItem[],
  request: WriteRequest,
): Promise<readonly ItemOutcome[]> {
  const { path, method, bulk } = destination.options;
  const [prefix, suffix] = wrapping(bulk?.list ?? '');
  const body = bulkBody(`${prefix}[`, items, `]${suffix}`);
  const answer = await send(
    destination,
    { method, route: path, path, body, keys: items.map(({ key }) => key) },
    request,
  );
  return bulkOutcomes(answer, items, bulk?.results, destination.fold);
}

/** As bytes at once: each that looks at a text of this size would turn it into bytes anew. */
function bulkBody(before: string, items: readonly WriteItem[], after: string): Buffer {
  const contents = items.map((item) => item.content ?? contentOf(item.json));
  const [start, end] = [Buffer.from(before), Buffer.from(after)];
  const bytes = contents.reduce((sum, { length }) => sum + length + 1, -1);
  const body = Buffer.allocUnsafe(start.length + bytes + end.length);
  end.copy(body, Content.copyList(contents, body, start.copy(body)));
  return body;
}

async function writeOne(destination: RestDestination, item: WriteItem, request: WriteRequest): Promise<ItemOutcome> {
  const { options, fold } = destination;
  const known = item.destinationId !== null || item.exists === true;
  const { path: route, method } = (known ? options.update : undefined) ?? options;
  const path = filledPath(route, { key: fold(item.key), id: item.destinationId });
  if (path === undefined) return cannotStandInPath;
  const write = { method, route, path, body: bodyOfRecord(options, item.json), keys: [item.key] };
  if (!carriable(item.tag ?? '*') || item.tag === '') return tagCannotStandInHeader(options);
  const condition = conditionOf(options, item, isPerRecord(route));
  return singleOutcome(await send(destination, { ...write, condition }, request), item, options);
}

/** Without its version a record cannot be written conditionally; an empty one would be no condition at all. */
const tagCannotStandInHeader = ({ ifMatch }: RestDestinationOptions): ItemOutcome => ({
  state: 'rejected',
  code: 'RECORD_REJECTED',
  reason: 'the version that the destination gave the record is empty, or has a character that no header can carry',
  ...(ifMatch?.field !== undefined && { field: ifMatch.field }),
});

/** A record that was seen must still be in that version; a new one, named by its path, must not be there (RFC 9110, 13.1). */
function conditionOf({ ifMatch }: RestDestinationOptions, item: WriteItem, perRecord: boolean): Record<string, string> {
  if (ifMatch === undefined) return {};
  if (item.tag != null) return { [ifMatch.header]: item.tag };
  return item.exists === true || !perRecord ? {} : { 'If-None-Match': '*' };
}

async function remove(destination: RestDestination, item: WriteItem, request: WriteRequest): Promise<ItemOutcome> {
  const removal = destination.options.delete;
  if (removal === undefined)
    throw new SyncFailure('REQUEST_REJECTED', `The sync states no \`delete\` for ${destination.connection}.`, {
      effect: 'none',
    });
  const path = filledPath(removal.path, { key: destination.fold(item.key), id: item.destinationId });
  if (path === undefined) return cannotStandInPath;
  try {
    const call = { method: removal.method, route: removal.path, path, keys: [item.key] };
    return deleteOutcome(await send(destination, call, request), item);
  } catch (error) {
    // 410: gone, which is what was asked for.
    if (isSyncFailure(error) && error.code === 'NOT_FOUND') return { state: 'confirmed' };
    throw error;
  }
}

const cannotStandInPath: ItemOutcome = {
  state: 'rejected',
  code: 'RECORD_REJECTED',
  reason: 'the key or id of the record is not known, or cannot stand in the path',
};

interface Write {
  readonly method: 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly route: string;
  readonly path: string;
  readonly body?: string | Buffer;
  readonly condition?: Readonly<Record<string, string>>;
  readonly keys: readonly string[];
}

async function send(
  destination: RestDestination,
  { condition, ...write }: Write,
  request: WriteRequest,
): Promise<WriteAnswer> {
  const { settings, options, connection, http } = destination;
  const idempotency = options.idempotencyKey ? { [options.idempotencyKey.header]: request.id } : {};
  const answer = await http.request({
    ...write,
    query: options.query,
    headers: {
      ...settings.headers,
      ...(write.body === undefined ? {} : { 'content-type': contentTypes[options.encoding] }),
      ...condition,
      ...idempotency,
    },
    signal: request.signal,
  });
  const place = `${write.method} ${write.route} of ${connection}`;
  refuseByKey(options, answer.status, place);
  const { status, headers } = answer;
  return { status, headers, body: bodyOf(answer, place), place, perRecord: isPerRecord(write.route) };
}

/** What an answer says of the idempotency key and not of the record. Either way the first request may have had its effect. */
function refuseByKey({ idempotencyKey }: RestDestinationOptions, status: number, place: string): void {
  if (idempotencyKey?.busy.some((busy) => busy === status))
    throw new SyncFailure('TIMEOUT', `${place} is still at work on this request (${status}).`, {
      effect: 'unknown',
    });
  if (idempotencyKey?.mismatch.some((mismatch) => mismatch === status))
    throw new SyncFailure('IDEMPOTENCY_MISMATCH', `${place} knows the key of this request with other content.`, {
      effect: 'unknown',
    });
}

const contentTypes = { json: 'application/json', form: 'application/x-www-form-urlencoded' } as const;

const bodyOfRecord = ({ encoding }: RestDestinationOptions, json: string): string =>
  encoding === 'form' ? formOf(json) : json;

/**
 * The body of an answer; undefined when there is none, or when it only explains a refusal and cannot be read. A body that
 * should say how it went and is no JSON may come from a proxy or a login page: then nothing is known.
 */
function bodyOf(answer: HttpAnswer, place: string): Json | undefined {
  if (answer.body.length === 0) return undefined;
  try {
    return jsonOf(answer, place);
  } catch (error) {
    if (answer.status < 300) throw error;
    return undefined;
  }
}
