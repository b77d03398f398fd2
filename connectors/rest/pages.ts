import { z } from 'zod';
import { type Json, SyncFailure, valueAt } from '../../index.ts';
import { kindOf } from './body.ts';
import { hiddenNext } from './hidden-next.ts';
import { linkWithRelation } from './link-header.ts';
import type { Pagination } from './source-options.ts';

/** Where a page begins. Which of its members there are follows from the kind of pagination. */
const pagePlace = z.strictObject({
  page: z.number().exactOptional(),
  offset: z.number().exactOptional(),
  /** Records before this page, where the source states how many there are. */
  read: z.number().exactOptional(),
  cursor: z.union([z.string(), z.number()]).exactOptional(),
  url: z.string().exactOptional(),
});
export type PagePlace = z.output<typeof pagePlace>;
export const pagePlaceSchema = pagePlace;

/** A page as received, for finding the next one. */
export interface PageFacts {
  readonly at: PagePlace;
  readonly body: Json;
  readonly records: readonly Json[];
  readonly headers: Readonly<Record<string, string>>;
  /** The whole address of the page: links may be relative to it. */
  readonly url: string;
  /** Names the call in messages. */
  readonly place: string;
}

export interface PageRules {
  readonly pagination: Pagination;
  readonly allowEmptyPages: boolean;
}

/** Whether pages are asked for by a number or an offset, which name a place in the list and not a record. */
export const isCounted = ({ kind }: Pagination): boolean => kind === 'page-number' || kind === 'offset';

/** Whether the pages are counted in a list that may change in another way than by growing at its end. */
export const mayShift = (pagination: Pagination): boolean => 'appendOnly' in pagination && !pagination.appendOnly;

export function firstPlace(pagination: Pagination): PagePlace {
  switch (pagination.kind) {
    case 'page-number':
      return { page: pagination.first, read: 0 };
    case 'offset':
      return { offset: pagination.first, read: 0 };
    default:
      return {};
  }
}

/** The query parameters of a page. A page with a `url` has them all in it. */
export function pageQuery(pagination: Pagination, at: PagePlace, pageSize: number | undefined): Record<string, string> {
  const size =
    'sizeParam' in pagination && pagination.sizeParam !== undefined ? { [pagination.sizeParam]: pageSize } : {};
  const value = at.page ?? at.offset ?? at.cursor;
  const place = 'param' in pagination && value !== undefined ? { [pagination.param]: value } : {};
  return Object.fromEntries(Object.entries({ ...size, ...place }).map(([name, given]) => [name, String(given)]));
}

/**
 * Where the page after this one begins; null when this was the last. The end is believed only when the source says it.
 * Throws RESPONSE_SHAPE when the source does not say what the options state, SOURCE_INCOMPLETE when it promises more
 * than it gives.
 */
export function nextPlace({ pagination, allowEmptyPages }: PageRules, facts: PageFacts): PagePlace | null {
  const next = placeAfter(pagination, facts);
  if (next === null) refuseHidden(pagination, facts);
  if (next === null || facts.records.length > 0 || allowEmptyPages) return next;
  throw incomplete(facts, 'gave an empty page and promised more');
}

/**
 * Nothing where the options look is the end only when they look in the right place. A page that was reached by them
 * proves that they do; of the first one, whatever else looks like a next page says that they do not.
 */
function refuseHidden(pagination: Pagination, { at, body, headers, records, ...facts }: PageFacts): void {
  if (!endsByAbsence(pagination) || at.cursor !== undefined || at.url !== undefined || records.length === 0) return;
  const found = hiddenNext(body, headers);
  if (found === undefined) return;
  throw shape(facts, `names a next page in ${found}, where \`pagination\` does not look`);
}

function endsByAbsence(pagination: Pagination): boolean {
  switch (pagination.kind) {
    case 'none':
    case 'link-header':
      return true;
    case 'cursor':
      return pagination.hasMore === undefined && (pagination.omittedAtEnd || pagination.nextHeader !== undefined);
    case 'next-url':
      return pagination.omittedAtEnd;
    default:
      return false;
  }
}

function placeAfter(pagination: Pagination, facts: PageFacts): PagePlace | null {
  switch (pagination.kind) {
    case 'none':
      return null;
    case 'page-number':
      return nextPage(pagination, facts);
    case 'offset':
      return nextOffset(pagination, facts);
    case 'cursor':
      return nextCursor(pagination, facts);
    case 'link-header':
      return urlPlace(linkWithRelation(facts.headers['link'], 'next'), facts);
    case 'next-url':
      return nextUrl(pagination, facts);
  }
}

type Of<Kind extends Pagination['kind']> = Extract<Pagination, { kind: Kind }>;

function nextPage({ first, pages, total }: Of<'page-number'>, facts: PageFacts): PagePlace | null {
  const page = facts.at.page ?? first;
  const read = (facts.at.read ?? 0) + facts.records.length;
  if (pages !== undefined) return page - first + 1 >= countAt(facts, pages) ? null : { page: page + 1, read };
  if (isEndByCount(facts, total, read)) return null;
  return { page: page + 1, read };
}

function nextOffset({ first, total }: Of<'offset'>, facts: PageFacts): PagePlace | null {
  // A position of an earlier version of this connector has the offset alone, counted from 0.
  const read = (facts.at.read ?? facts.at.offset ?? 0) + facts.records.length;
  return isEndByCount(facts, total, read) ? null : { offset: first + read, read };
}

/** How many records, or else pages, the source says there are; undefined where `pagination` does not say where. */
export function promisedBy(pagination: Pagination, facts: PageFacts): number | undefined {
  const total = 'total' in pagination ? pagination.total : undefined;
  const pages = 'pages' in pagination ? pagination.pages : undefined;
  const pointer = pages ?? total;
  return pointer === undefined ? undefined : countAt(facts, pointer);
}

/**
 * A short page proves nothing, as a source may give fewer than it was asked for: without a total only an empty page
 * is the end. With a total, an empty page before it is a broken promise.
 */
function isEndByCount(facts: PageFacts, total: string | undefined, read: number): boolean {
  if (total === undefined) return facts.records.length === 0;
  const promised = countAt(facts, total);
  if (read >= promised) return true;
  if (facts.records.length === 0) throw incomplete(facts, `gave ${read} of ${promised} records`);
  return false;
}

function nextCursor(rules: Of<'cursor'>, facts: PageFacts): PagePlace | null {
  const { next, nextHeader, lastRecord, hasMore } = rules;
  const more = hasMore === undefined ? undefined : booleanAt(facts, hasMore);
  if (more === false) return null;
  if (lastRecord !== undefined && facts.records.length === 0) {
    if (more) throw incomplete(facts, 'gave an empty page and promised more');
    return null;
  }
  const pointer = next ?? lastRecord ?? nextHeader ?? '';
  const value = cursorOf(rules, facts);
  if (isNothing(value)) {
    if (more) throw incomplete(facts, 'promised more and named no cursor');
    if (value !== undefined || rules.omittedAtEnd || nextHeader !== undefined) return null;
  }
  if (typeof value !== 'string' && typeof value !== 'number') throw notThere(facts, pointer, 'a cursor', value);
  return { cursor: value };
}

function cursorOf({ next, nextHeader, lastRecord }: Of<'cursor'>, facts: PageFacts): Json | undefined {
  if (nextHeader !== undefined) return facts.headers[nextHeader.toLowerCase()];
  return lastRecord === undefined ? valueAt(facts.body, next ?? '') : valueAt(facts.records.at(-1), lastRecord);
}

function nextUrl({ next, omittedAtEnd }: Of<'next-url'>, facts: PageFacts): PagePlace | null {
  const value = valueAt(facts.body, next);
  if (isNothing(value) && (value !== undefined || omittedAtEnd)) return null;
  if (typeof value !== 'string') throw notThere(facts, next, 'an address', value);
  return urlPlace(value, facts);
}

function urlPlace(link: string | undefined, facts: PageFacts): PagePlace | null {
  if (link === undefined) return null;
  if (!URL.canParse(link, facts.url)) throw shape(facts, 'named a next page whose address is none');
  return { url: new URL(link, facts.url).href };
}

const isNothing = (value: Json | undefined): boolean =>
  value === undefined || value === null || value === '' || value === false;

function countAt(facts: PageFacts, pointer: string): number {
  const value = valueAt(facts.body, pointer);
  const count = typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : value;
  if (typeof count === 'number' && Number.isInteger(count) && count >= 0) return count;
  throw notThere(facts, pointer, 'a count', value);
}

function booleanAt(facts: PageFacts, pointer: string): boolean {
  const value = valueAt(facts.body, pointer);
  if (typeof value === 'boolean') return value;
  throw notThere(facts, pointer, 'true or false', value);
}

const notThere = (facts: PageFacts, pointer: string, expected: string, found: Json | undefined): SyncFailure =>
  shape(
    facts,
    `has ${kindOf(found)} at \`${pointer}\` where \`pagination\` says there is ${expected}` +
      (found === undefined ? ' (`omittedAtEnd` if the last page leaves it out)' : ''),
  );

const shape = ({ place }: Pick<PageFacts, 'place'>, words: string): SyncFailure =>
  new SyncFailure('RESPONSE_SHAPE', `The answer of ${place} ${words}.`);

const incomplete = ({ place }: PageFacts, words: string): SyncFailure =>
  new SyncFailure('SOURCE_INCOMPLETE', `${place} ${words}.`);
