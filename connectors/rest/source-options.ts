import { z } from 'zod';
import { headerName } from '../../index.ts';
import { byKey, fieldPath, namesKey, path, pointer, query } from './options.ts';

/** How the address of the next page, or the value that leads to it, is missing after the last page. */
const omittedAtEnd = z.boolean().default(false);

/**
 * States that the list only grows, at its end, and keeps its order: pages are not checked against each other, which costs
 * page numbers twice as many calls.
 */
const appendOnly = z.boolean().default(false);

const pagination = z.discriminatedUnion('kind', [
  /** One answer holds everything. */
  z.strictObject({ kind: z.literal('none') }),
  /** `?page=1`, `?page=2`, … until a page is empty, or until `pages` or `total` in the answer says so. */
  z.strictObject({
    kind: z.literal('page-number'),
    param: z.string().min(1).default('page'),
    first: z.int().min(0).default(1),
    sizeParam: z.string().min(1).optional(),
    pages: pointer.optional(),
    total: pointer.optional(),
    appendOnly,
  }),
  /** `?offset=0`, `?offset=99`, … until a page adds nothing, or until `total` in the answer says so. */
  z.strictObject({
    kind: z.literal('offset'),
    param: z.string().min(1).default('offset'),
    /** The offset of the first record; 1 in SCIM (RFC 7644, 3.4.2.4). */
    first: z.int().min(0).default(0),
    sizeParam: z.string().min(1).optional(),
    total: pointer.optional(),
    appendOnly,
  }),
  /** The answer names the cursor of the next page (`next`, or `nextHeader`), or the last record does (`lastRecord`). */
  z.strictObject({
    kind: z.literal('cursor'),
    param: z.string().min(1).default('cursor'),
    sizeParam: z.string().min(1).optional(),
    next: pointer.optional(),
    /** A header that the last page leaves out. */
    nextHeader: headerName.optional(),
    lastRecord: fieldPath.optional(),
    hasMore: pointer.optional(),
    omittedAtEnd,
  }),
  /** The `Link` header with `rel="next"` (RFC 8288). */
  z.strictObject({ kind: z.literal('link-header'), sizeParam: z.string().min(1).optional() }),
  /** The answer holds the address of the next page. */
  z.strictObject({
    kind: z.literal('next-url'),
    next: pointer,
    sizeParam: z.string().min(1).optional(),
    omittedAtEnd,
  }),
]);
export type Pagination = z.output<typeof pagination>;

const incremental = z.strictObject({
  /** The query parameter. */
  param: z.string().min(1),
  /**
   * How the version is written. `as-is`: as the source gave it. The others take ISO 8601 times (UTC where no zone
   * is given) and epochs. `iso-space` is `2026-01-31 08:00:00.000Z`.
   */
  format: z.enum(['as-is', 'iso', 'iso-space', 'epoch-seconds', 'epoch-ms']).default('as-is'),
  /** The value of the parameter, with the version in place of `{since}`: `updated >= "{since}"`. */
  template: z.string().includes('{since}').default('{since}'),
});
export type Incremental = z.output<typeof incremental>;

export const restSourceOptions = z
  .strictObject({
    path,
    /** Sent with every page. */
    query,
    /** Where the records lie in an answer; the empty pointer when the body is the list itself. */
    records: pointer.default(''),
    pagination: pagination.prefault({ kind: 'none' }),
    /** Records to ask for in one page. Needs `sizeParam` in `pagination`. */
    pageSize: z.int().min(1).max(100_000).optional(),
    incremental: incremental.optional(),
    /** States that records arrive in order of their version, as a sort parameter in `query` may ask for. */
    ordered: z.boolean().default(false),
    /** Accepts a page without records that has a next one, as of a source that filters late. */
    allowEmptyPages: z.boolean().default(false),
    /** How a few known records are read without the others, as a repair needs them. */
    lookup: byKey.optional(),
  })
  .superRefine(({ pagination: pages, pageSize, lookup: one }, context) => {
    const problem = (message: string, key: string) => context.addIssue({ code: 'custom', message, path: [key] });
    if (one && !namesKey(one)) problem('expected `{key}` or `{keys}` in path or query', 'lookup');
    const sizeParam = 'sizeParam' in pages ? pages.sizeParam : undefined;
    if (pageSize !== undefined && sizeParam === undefined)
      problem('expected `sizeParam` in `pagination`, which names the parameter for `pageSize`', 'pageSize');
    if (pageSize === undefined && sizeParam !== undefined) problem('expected `pageSize` for `sizeParam`', 'pageSize');
    if (pages.kind !== 'cursor') return;
    if ([pages.next, pages.nextHeader, pages.lastRecord].filter((place) => place !== undefined).length !== 1)
      problem('expected exactly one of `next`, `nextHeader` and `lastRecord` for a cursor', 'pagination');
    if (pages.lastRecord !== undefined && pages.omittedAtEnd)
      problem('expected no `omittedAtEnd` with `lastRecord`: the end is an empty page, or `hasMore`', 'pagination');
  });
export type RestSourceOptions = z.output<typeof restSourceOptions>;
