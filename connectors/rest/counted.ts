import { createHash } from 'node:crypto';
import { type Json, keyOf, type Notice, type Page, type ReadRequest } from '../../index.ts';
import { LoopGuard } from '../common/loop-guard.ts';
import { askForPage, contentOf, type PageAnswer, type RestSource } from './answer.ts';
import { OVERLAP, overlaps, withoutMark } from './overlap.ts';
import { firstPlace, mayShift, nextPlace, type PagePlace, type PageRules, promisedBy } from './pages.ts';
import type { Count, RestPosition } from './position.ts';
import type { RestSourceOptions } from './source-options.ts';

/** A list that shifts is read again from its start so often; then it is read to its end, which says so. */
export const MOST_AGAIN = 3;

/**
 * Reads pages that are asked for by number or offset. Each names a place in a list, not a record: when a record is deleted
 * or moved meanwhile, others change places and are passed over. So each page has to follow the one before, by its last
 * record, the anchor:
 * - by offset, a page begins with the anchor, for no more calls than without
 * - by number, or where a source rounds offsets to whole pages, the page before is asked for again and still ends with it:
 *   twice as many calls, but for a read of one page
 *
 * A promised total that falls counts as a shift too: something was deleted, and something else may have taken its place.
 */
export async function* readCounted(
  source: RestSource,
  request: ReadRequest,
  start: RestPosition,
): AsyncGenerator<Page> {
  const { options } = source;
  let { at } = start;
  let count: Count = start.count ?? { again: 0 };
  let guard = new LoopGuard(start.trail);
  while (true) {
    const { answer, follows, learned } = await pageAfter(source, request, at, count);
    count = { ...count, ...learned };
    request.signal.throwIfAborted();
    if (!follows && count.again < MOST_AGAIN) {
      const { again, wholePages } = count;
      count = { again: again + 1, ...(wholePages && { wholePages }) };
      at = firstPlace(options.pagination);
      guard = new LoopGuard(undefined);
      yield { body: OVERLAP, records: [], next: { at, count }, readsAgain: true, notices: [readAgain] };
      continue;
    }
    if (!follows) count = { ...count, shifted: true };
    const next = nextPlace(rulesOf(options, count), { ...answer, at });
    const page = contentOf(answer);
    if (next === null) {
      yield { ...page, next, ...(count.shifted && { notices: [wentOnShifting] }) };
      return;
    }
    count = countAfter(source, request, count, answer);
    const trail = guard.pass(pageIdentity(next, answer.records), answer.place);
    yield { ...page, next: { at: next, trail, count } };
    at = next;
  }
}

const readAgain: Notice = {
  code: 'READ_AGAIN',
  subject: '',
  records: 0,
  detail: 'a page did not follow the one before',
};
const wentOnShifting: Notice = {
  code: 'READ_SHIFTED',
  subject: '',
  records: 0,
  detail: `it was read ${MOST_AGAIN + 1} times`,
};

interface Following {
  /** Its records, without the anchor that it begins with. */
  readonly answer: PageAnswer;
  readonly follows: boolean;
  /** What it showed of how the source counts. */
  readonly learned?: Pick<Count, 'first' | 'wholePages'>;
}

type Last = NonNullable<Count['last']>;

/** The page at a place, and whether it follows the one before. */
async function pageAfter(source: RestSource, request: ReadRequest, at: PagePlace, count: Count): Promise<Following> {
  const { offset } = at;
  const last = mayShift(source.options.pagination) ? count.last : undefined;
  // A source of one record a page could not go on if its pages overlapped.
  if (last !== undefined && offset !== undefined && last.records > 1 && !count.wholePages) {
    const found = await overlapping(source, request, offset - 1, { ...count, last });
    if (found !== undefined) return { ...found, follows: found.follows && !hasFallen(source, found.answer, count) };
    return { ...(await pageAfter(source, request, at, { ...count, wholePages: true })), learned: { wholePages: true } };
  }
  const answer = await askForPage(source, at, request);
  const follows = last === undefined || (await isStillThere(source, request, last));
  return { answer, follows: follows && !hasFallen(source, answer, count) };
}

/**
 * The page that begins one record early, with the anchor. Where that is the second record although it has not moved, the
 * source counts from one more than it was believed to. Undefined where it is elsewhere: the source does not begin where it
 * is told to.
 */
async function overlapping(
  source: RestSource,
  request: ReadRequest,
  offset: number,
  { first, last }: Count & { readonly last: Last },
): Promise<Following | undefined> {
  const answer = await askForPage(source, { offset }, request, { overlaps: true });
  const begins = beginsWith(answer, last, request);
  if (begins) return begins;
  const whole = { ...answer, staged: withoutMark(answer.staged) };
  // What was learned of the source may have been chance: then the read begins again without it.
  if (first !== undefined || !(await isStillThere(source, request, last))) return { answer: whole, follows: false };
  if (answer.records.length === 0) return { answer: whole, follows: true };
  if (!isAnchor(answer.records[1], last, request)) return undefined;
  const later = await askForPage(source, { offset: offset + 1 }, request, { overlaps: true });
  const found = beginsWith(later, last, request);
  return found && { ...found, learned: { first: firstOf(source) + 1 } };
}

function beginsWith(answer: PageAnswer, last: Last, request: ReadRequest): Following | undefined {
  if (!isAnchor(answer.records[0], last, request)) return undefined;
  return { answer: { ...answer, records: answer.records.slice(1) }, follows: true };
}

const firstOf = ({ options: { pagination } }: RestSource): number =>
  pagination.kind === 'offset' ? pagination.first : 0;

/** The options with what was learned of them. */
function rulesOf(options: RestSourceOptions, { first }: Count): PageRules {
  const { pagination } = options;
  if (first === undefined || pagination.kind !== 'offset') return options;
  return { ...options, pagination: { ...pagination, first } };
}

/** Whether the last page still ends with the anchor. */
async function isStillThere(
  source: RestSource,
  { received: _, ...request }: ReadRequest,
  last: Last,
): Promise<boolean> {
  const { records } = await askForPage(source, last.at, request);
  return isAnchor(records[last.records - 1], last, request);
}

const isAnchor = (record: Json | undefined, { anchor }: Last, request: Pick<ReadRequest, 'key'>): boolean =>
  record !== undefined && identityOf(record, request) === anchor;

function hasFallen({ options }: RestSource, answer: PageAnswer, { promised }: Count): boolean {
  const now = mayShift(options.pagination) ? promisedBy(options.pagination, answer) : undefined;
  return promised !== undefined && now !== undefined && now < promised;
}

/** What is known once a page has been read. */
function countAfter(source: RestSource, request: ReadRequest, count: Count, answer: PageAnswer): Count {
  const { promised: _, last, ...kept } = count;
  const promised = promisedBy(source.options.pagination, answer);
  const anchor = answer.records.at(-1);
  const records = answer.records.length + (overlaps(answer.staged) ? 1 : 0);
  const ended = anchor === undefined ? last : { at: answer.at, records, anchor: identityOf(anchor, request) };
  return { ...kept, ...(ended && { last: ended }), ...(promised !== undefined && { promised }) };
}

/** What tells a record from others: its key, where that is known and readable; a record may change in its place. */
function identityOf(record: Json, { key = [] }: Pick<ReadRequest, 'key'>): string {
  const found = key.length === 0 ? undefined : keyOf(record, key);
  return shortHash(found !== undefined && 'key' in found ? found.key : JSON.stringify(record));
}

/** A source that ignores number and offset gives the same records for ever: they identify the page. */
const pageIdentity = (next: PagePlace, records: readonly Json[]): string =>
  JSON.stringify(records.length === 0 ? next : [records.length, records[0], records.at(-1)]);

/** A position holds nothing of a record. */
const shortHash = (text: string): string => createHash('sha256').update(text).digest('base64').slice(0, 22);
