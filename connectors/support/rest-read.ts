import { z } from 'zod';
import type { HttpAnswer, HttpClient, Page, Position, ReadRequest } from '../../model/connector.ts';
import { SyncFailure } from '../../model/failure.ts';
import type { Json } from '../../model/json.ts';
import { LoopGuard, trailSchema } from './loop-guard.ts';
import { inUtf8, parseBody, recordsAt } from './rest-body.ts';
import type { RestSettings } from './rest-options.ts';
import { firstPlace, nextPlace, type PagePlace, pagePlaceSchema, pageQuery } from './rest-pages.ts';
import { sinceValue } from './rest-since.ts';
import type { RestSourceOptions } from './rest-source-options.ts';

export interface RestSource {
  readonly connection: string;
  readonly settings: RestSettings;
  readonly options: RestSourceOptions;
  readonly http: HttpClient;
}

const positionSchema = z.strictObject({ at: pagePlaceSchema, trail: trailSchema.exactOptional() });

/** Names the calls of a source in messages. */
const placeOf = ({ connection, options }: Pick<RestSource, 'connection' | 'options'>): string =>
  `GET ${options.path} of ${connection}`;

/** Records of a staged page. */
export const decodePage = (source: Pick<RestSource, 'connection' | 'options'>, body: Buffer): readonly Json[] =>
  recordsAt(parseBody(body, placeOf(source), source.options.records), source.options.records, placeOf(source));

/** Reads page after page, each when it is asked for. */
export async function* readPages(source: RestSource, request: ReadRequest): AsyncGenerator<Page> {
  const start = startOf(source, request.position);
  const guard = new LoopGuard(start.trail);
  for (let at: PagePlace | null = start.at; at !== null; ) {
    const answer = await askForPage(source, at, request.since, request.signal);
    const { page, next } = pageOf(source, at, answer, { guard, received: request.received });
    request.signal.throwIfAborted();
    yield page;
    at = next;
  }
}

function startOf({ options, connection }: RestSource, position: Position | null): z.output<typeof positionSchema> {
  if (position === null) return { at: firstPlace(options.pagination) };
  const parsed = positionSchema.safeParse(position);
  if (parsed.success) return parsed.data;
  throw new SyncFailure(
    'REQUEST_REJECTED',
    `The stored position of ${options.path} of ${connection} is of another version of the connector or the sync.`,
    { effect: 'none' },
  );
}

function askForPage(
  { settings, options, http }: RestSource,
  at: PagePlace,
  since: string | number | null,
  signal: AbortSignal,
): Promise<HttpAnswer> {
  const call = { method: 'GET', route: options.path, headers: settings.headers, signal } as const;
  if (at.url !== undefined) return http.request({ ...call, path: at.url });
  const { incremental, pagination, pageSize } = options;
  const changed = incremental && since !== null ? { [incremental.param]: sinceValue(since, incremental) } : {};
  const query = { ...options.query, ...changed, ...pageQuery(pagination, at, pageSize) };
  return http.request({ ...call, path: options.path, query });
}

function pageOf(
  source: RestSource,
  at: PagePlace,
  answer: HttpAnswer,
  { guard, received }: { readonly guard: LoopGuard; readonly received: ReadRequest['received'] },
): { page: Page; next: PagePlace | null } {
  const place = placeOf(source);
  refuseUnlessOk(answer, place);
  const staged = inUtf8(answer.body, answer.headers['content-type'], place);
  received?.(staged);
  const body = parseBody(staged, place, source.options.records);
  const records = recordsAt(body, source.options.records, place);
  const url = at.url ?? addressOf(source);
  const next = nextPlace(source.options, { at, body, records, headers: answer.headers, url, place });
  const position = next === null ? null : { at: next, trail: guard.pass(identityOf(next, records), place) };
  return { page: { body: staged, records, next: position }, next };
}

function refuseUnlessOk({ status }: HttpAnswer, place: string): void {
  if (status < 300) return;
  const code = status === 404 ? 'NOT_FOUND' : 'REQUEST_REJECTED';
  throw new SyncFailure(code, `${place} answered ${status}.`, { effect: 'none' });
}

const addressOf = ({ settings, options }: RestSource): string => settings.address.replace(/\/+$/, '') + options.path;

/**
 * A cursor or an address identifies the page it leads to. A page number does not: a source that ignores it gives the
 * same records for ever, so there the records identify the page.
 */
const identityOf = (next: PagePlace, records: readonly Json[]): string =>
  next.cursor !== undefined || next.url !== undefined
    ? JSON.stringify([next.cursor, next.url])
    : JSON.stringify(records.length === 0 ? next : [records.length, records[0], records.at(-1)]);
