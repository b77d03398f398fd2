import { type HttpAnswer, type HttpClient, type Page, type ReadRequest, SyncFailure } from '../../index.ts';
import { inUtf8, parseBody, recordsAt } from './body.ts';
import type { RestSettings } from './options.ts';
import { OVERLAP } from './overlap.ts';
import { type PageFacts, type PagePlace, pageQuery } from './pages.ts';
import { sinceValue } from './since.ts';
import type { RestSourceOptions } from './source-options.ts';

export interface RestSource {
  readonly connection: string;
  readonly settings: RestSettings;
  readonly options: RestSourceOptions;
  readonly http: HttpClient;
}

/** A page as the source answered it. */
export interface PageAnswer extends PageFacts {
  /** In UTF-8, as it is staged. */
  readonly staged: Buffer;
}

/** What is staged of it, with the clock of the system (`Date`, RFC 9110 section 6.6.1): to the end of the second that it names. */
export function contentOf({ staged, records, headers }: PageAnswer): Omit<Page, 'next'> {
  const ms = Date.parse(headers['date'] ?? '');
  return { body: staged, records, ...(!Number.isNaN(ms) && { asOfMs: ms + 999 }) };
}

/** Names the calls of a source in messages. */
export const placeOf = ({ connection, options }: Pick<RestSource, 'connection' | 'options'>): string =>
  `GET ${options.path} of ${connection}`;

/** Asks for a page. With `overlaps` it is staged as one that begins with the last record of the page before. */
export async function askForPage(
  source: RestSource,
  at: PagePlace,
  { since, signal, received }: Pick<ReadRequest, 'since' | 'signal' | 'received'>,
  { overlaps = false } = {},
): Promise<PageAnswer> {
  const { records: list } = source.options;
  const place = placeOf(source);
  const answer = await ask(source, at, since, signal);
  refuseUnlessOk(answer, place, at);
  const answered = inUtf8(answer.body, answer.headers['content-type'], place);
  const staged = overlaps ? Buffer.concat([OVERLAP, answered]) : answered;
  received?.(staged);
  const body = parseBody(answered, place, list);
  const records = recordsAt(body, list, place);
  return { at, body, records, headers: answer.headers, url: at.url ?? addressOf(source), place, staged };
}

function ask(
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

function refuseUnlessOk({ status }: HttpAnswer, place: string, { read = 0 }: PagePlace): void {
  if (status < 300) return;
  const code = status === 404 ? 'NOT_FOUND' : 'REQUEST_REJECTED';
  const after = read > 0 ? ` after ${read} records: it may give no more than so many by count` : '';
  throw new SyncFailure(code, `${place} answered ${status}${after}.`, { effect: 'none' });
}

const addressOf = ({ settings, options }: RestSource): string => settings.address.replace(/\/+$/, '') + options.path;
