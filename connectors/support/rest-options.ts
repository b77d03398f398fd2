import { z } from 'zod';
import { headerName } from '../../model/auth.ts';

const path = z.string().regex(/^\/[^\s#]*$/, { error: 'expected a path that begins with /, such as `/orders`' });
/** A JSON pointer (RFC 6901); the empty one is the whole body. */
const pointer = z.string().regex(/^(\/.*)?$/, { error: 'expected a JSON pointer, such as `/data/items`' });
/** A field by name, or by JSON pointer. */
const fieldPath = z.string().min(1);
const queryValue = z.union([z.string(), z.number(), z.boolean()]).transform(String);
const query = z.record(z.string().min(1), queryValue).default({});
export const restSettings = z.strictObject({
  /** Where every path is joined to: `https://api.example.com/v2`. */
  address: z.url({ protocol: /^https?$/ }).refine(hasNothingToHide, {
    error: 'expected an address without user, password, query or fragment',
  }),
  /** Sent with every call, such as an API version. No secrets: those belong under `auth`. */
  headers: z.record(headerName, z.string()).default({}),
  /** What `doctor` asks for: a cheap path that needs the credentials. Default: the address itself. */
  probe: path.optional(),
});
export type RestSettings = z.output<typeof restSettings>;

function hasNothingToHide(text: string): boolean {
  if (!URL.canParse(text)) return true;
  const { username, password, search, hash } = new URL(text);
  return username + password + search + hash === '';
}

/** How the address of the next page, or the value that leads to it, is missing after the last page. */
const omittedAtEnd = z.boolean().default(false);

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
  }),
  /** `?offset=0`, `?offset=100`, … until a page is empty, or until `total` in the answer says so. */
  z.strictObject({
    kind: z.literal('offset'),
    param: z.string().min(1).default('offset'),
    sizeParam: z.string().min(1).optional(),
    total: pointer.optional(),
  }),
  /** The answer names the cursor of the next page (`next`), or the last record does (`lastRecord`). */
  z.strictObject({
    kind: z.literal('cursor'),
    param: z.string().min(1).default('cursor'),
    sizeParam: z.string().min(1).optional(),
    next: pointer.optional(),
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

const KEY = '{key}';

/** How records are asked for by key. */
const byKey = z.strictObject({
  /** With `{key}` here or in `query`: one call for each key. With `{keys}`: one call for many. */
  path,
  query,
  /** How one key stands in `{keys}`: `sku="{key}"`. */
  each: z.string().includes(KEY).default(KEY),
  /** What stands between the keys in `{keys}`. */
  join: z.string().default(','),
  /** How a quote or backslash in a key is written, where a key stands within quotes in a query. */
  quotes: z.enum(['backslash', 'double']).default('backslash'),
  maxKeys: z.int().min(1).max(10_000).default(100),
  /** Where the list of records lies in the answer. Absent: the answer is the record, and 404 says there is none. */
  records: pointer.optional(),
});
export type ByKeyOptions = z.output<typeof byKey>;

/** Whether a call by key has a place for the key. */
const namesKey = ({ path: place, query: more }: ByKeyOptions): boolean =>
  [place, ...Object.values(more)].some((text) => /\{keys?\}/.test(text));

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
    if ((pages.next === undefined) === (pages.lastRecord === undefined))
      problem('expected exactly one of `next` and `lastRecord` for a cursor', 'pagination');
    if (pages.lastRecord !== undefined && pages.omittedAtEnd)
      problem('expected no `omittedAtEnd` with `lastRecord`: the end is an empty page, or `hasMore`', 'pagination');
  });
export type RestSourceOptions = z.output<typeof restSourceOptions>;

/** Those that a connector is given to judge. */
const refusedStatus = z.union([400, 409, 412, 422].map((status) => z.literal(status)));

const results = z.strictObject({
  /** Where the list of results lies in the answer: one for each item, in their order unless `key` is given. */
  list: pointer,
  /** Where an item says how it went. */
  status: fieldPath,
  /** The values of `status` that mean success. Default: numbers from 200 to 299, true, and the usual words. */
  ok: z
    .array(z.union([z.string(), z.number(), z.boolean()]))
    .min(1)
    .optional(),
  /** Where an item says whose result it is; then the order does not matter. */
  key: fieldPath.optional(),
  /** The destination's own id of the record. */
  id: fieldPath.optional(),
  message: fieldPath.optional(),
  field: fieldPath.optional(),
});
export type ResultOptions = z.output<typeof results>;

const bulk = z.strictObject({
  /** Where the list of records stands in the request: the empty pointer for the body itself. */
  list: pointer.default(''),
  results: results.optional(),
});

const writeMethod = z.enum(['POST', 'PUT', 'PATCH']);

const lookup = byKey.extend({
  /** The destination's own id, in a record. */
  id: fieldPath.optional(),
  /** A record that was written is visible after this many milliseconds at the latest. */
  lagMs: z.int().min(0).default(0),
});
export type LookupOptions = z.output<typeof lookup>;

export const restDestinationOptions = z
  .strictObject({
    /** Where records are written. May hold `{key}`. */
    path,
    method: writeMethod.default('POST'),
    /** Sent with every write. */
    query,
    /** The field of the destination record that holds the key of the sync. */
    key: fieldPath.optional(),
    /** How a record is written of which the destination's own id is known. `path` holds `{id}` or `{key}`. */
    update: z.strictObject({ path, method: writeMethod.default('PATCH') }).optional(),
    /** Many records in one request. Absent: one request for each. */
    bulk: bulk.optional(),
    /** How a record stands in the body: as JSON, or as a form with names in brackets. */
    encoding: z.enum(['json', 'form']).default('json'),
    /** The destination recognises a repeated request by this header, for this many hours. */
    idempotencyKey: z
      .strictObject({
        header: headerName.default('Idempotency-Key'),
        hours: z.number().positive(),
        /** Statuses that say: the first request with this key is still being worked on. */
        busy: z.array(refusedStatus).default([]),
        /** Statuses that say: the key was used before with other content. */
        mismatch: z.array(refusedStatus).default([]),
      })
      .optional(),
    /** Writing a key that exists replaces the record. */
    upsert: z.boolean().default(false),
    lookup: lookup.optional(),
    /**
     * Writes are conditional (RFC 9110, 13.1): the version of a record that was seen last goes back in this header, and
     * a record that is new must not be there yet. The version is the `ETag` of an answer, or a field of the record.
     */
    ifMatch: z.strictObject({ header: headerName.default('If-Match'), field: fieldPath.optional() }).optional(),
    delete: z.strictObject({ path, method: z.enum(['DELETE', 'POST', 'PUT', 'PATCH']).default('DELETE') }).optional(),
    /** Where the answer to a single write holds the destination's own id. */
    id: fieldPath.optional(),
    /** Records in one request. Only with `bulk`. */
    maxRecords: z.int().min(1).max(10_000).optional(),
    /** Bytes of one request. */
    maxBytes: z
      .int()
      .min(1024)
      .max(64 * 1024 * 1024)
      .default(1024 * 1024),
    /** Requests at once. */
    concurrency: z.int().min(1).max(64).default(4),
  })
  .superRefine((options, context) => {
    const problem = (message: string, key: string) => context.addIssue({ code: 'custom', message, path: [key] });
    if (options.path.includes('{id}')) problem('expected no `{id}` in the path of a first write; see `update`', 'path');
    if (options.bulk && options.path.includes(KEY)) problem('expected no `{key}` with `bulk`', 'path');
    if (options.bulk && options.encoding === 'form')
      problem('expected no `bulk` with the encoding `form`, which holds one record', 'encoding');
    if (options.bulk && options.update) problem('expected no `update` with `bulk`', 'update');
    if (!options.bulk && options.maxRecords !== undefined) problem('expected `bulk` for `maxRecords`', 'maxRecords');
    for (const part of ['update', 'delete'] as const)
      if (options[part] && !/\{(key|id)\}/.test(options[part].path))
        problem('expected `{key}` or `{id}` in its path', part);
    if (options.ifMatch && options.bulk)
      problem('expected no `ifMatch` with `bulk`: the header is for one record', 'ifMatch');
    if (options.ifMatch && !options.lookup) problem('expected `lookup`, by which a conflict is settled', 'ifMatch');
    if (!options.lookup) return;
    const places = [options.lookup.path, ...Object.values(options.lookup.query)];
    if (!namesKey(options.lookup)) problem('expected `{key}` or `{keys}` in path or query', 'lookup');
    if (
      options.key === undefined &&
      (options.lookup.records !== undefined || places.some((text) => text.includes('{keys}')))
    )
      problem('expected `key`, by which the records that are looked up are told apart', 'key');
  });
export type RestDestinationOptions = z.output<typeof restDestinationOptions>;
