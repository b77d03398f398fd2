import { type Json, type Page, type ReadRequest, SyncFailure } from '../../index.ts';
import { LoopGuard } from '../common/loop-guard.ts';
import { askForPage, contentOf, placeOf, type RestSource } from './answer.ts';
import { parseBody, recordsAt } from './body.ts';
import { readCounted } from './counted.ts';
import { overlaps, withoutMark } from './overlap.ts';
import { firstPlace, isCounted, nextPlace, type PagePlace } from './pages.ts';
import { type RestPosition, restPosition } from './position.ts';

/** Records of a staged page. */
export function decodePage(source: Pick<RestSource, 'connection' | 'options'>, body: Buffer): readonly Json[] {
  const { records: list } = source.options;
  const place = placeOf(source);
  const answered = withoutMark(body);
  if (answered.length === 0 && body.length > 0) return [];
  const records = recordsAt(parseBody(answered, place, list), list, place);
  return overlaps(body) ? records.slice(1) : records;
}

/** Reads page after page, each when it is asked for. */
export function readPages(source: RestSource, request: ReadRequest): AsyncGenerator<Page> {
  const start = startOf(source, request);
  return isCounted(source.options.pagination)
    ? readCounted(source, request, start)
    : readLinked(source, request, start);
}

/** Pages that name the one after them. */
async function* readLinked(source: RestSource, request: ReadRequest, start: RestPosition): AsyncGenerator<Page> {
  const guard = new LoopGuard(start.trail);
  for (let at: PagePlace | null = start.at; at !== null; ) {
    const answer = await askForPage(source, at, request);
    const next = nextPlace(source.options, answer);
    const position = next && { at: next, trail: guard.pass(JSON.stringify([next.cursor, next.url]), answer.place) };
    request.signal.throwIfAborted();
    yield { ...contentOf(answer), next: position };
    at = next;
  }
}

function startOf({ options, connection }: RestSource, { position }: ReadRequest): RestPosition {
  if (position === null) return { at: firstPlace(options.pagination) };
  const parsed = restPosition.safeParse(position);
  if (parsed.success) return parsed.data;
  throw new SyncFailure(
    'REQUEST_REJECTED',
    `The stored position of ${options.path} of ${connection} is of another version of the connector or the sync.`,
    { effect: 'none' },
  );
}
