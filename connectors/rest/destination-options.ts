import { z } from 'zod';
import { headerName } from '../../index.ts';
import { keyAs } from './fold.ts';
import { byKey, fieldPath, KEY, namesKey, path, pointer, query } from './options.ts';

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
  /** Where the items that were refused stand in a list of their own, apart from `list`, each with the key of its record. */
  errors: z
    .strictObject({
      list: pointer,
      key: fieldPath,
      message: fieldPath.default('message'),
      field: fieldPath.optional(),
    })
    .optional(),
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
    /**
     * The destination takes keys for one that differ only in this, or answers them in its own spelling: the letters' case,
     * blanks around them, zeros before them.
     */
    keyAs,
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
    if (options.keyAs.includes('lower') && options.keyAs.includes('upper'))
      problem('expected `lower` or `upper`, not both', 'keyAs');
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

/** Whether records are known by ids that the destination makes, which stand in a path, and not by their keys. */
export const hasOwnIds = ({ update, delete: removal }: RestDestinationOptions): boolean =>
  [update, removal].some((call) => call?.path.includes('{id}'));

/** The same options, for a destination whose records are known by their keys, whatever else it calls them. */
export const withoutIds = ({
  id: _,
  bulk,
  lookup: asked,
  ...options
}: RestDestinationOptions): RestDestinationOptions => ({
  ...options,
  bulk: bulk && { ...bulk, results: bulk.results && { ...bulk.results, id: undefined } },
  lookup: asked && { ...asked, id: undefined },
});
