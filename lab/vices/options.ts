import type { DeliveryClass } from '../../model/sync/delivery.ts';
import type { Vice } from './vice.ts';

export const restClasses = ['T2', 'T3', 'T4', 'T5'] as const satisfies readonly DeliveryClass[];
type Rest = (typeof restClasses)[number];

/** Records of the source at the beginning; a flood where the destination cannot take one. */
export const recordsAtFirst = (vices: ReadonlySet<Vice>): number => (vices.has('lost-flood') ? 90 : 10);

/**
 * Of a flood that is one batch so many records are looked at: fewer than the destination keeps, so that whoever looks at
 * the first sees nothing, and whoever looks anywhere misses the others once in a million times.
 */
const LOOKED_AT = 4;

/** How many records are delivered together, and how many of them are read back. */
export const batchPolicy = (vices: ReadonlySet<Vice>) =>
  vices.has('lost-flood') ? { batchRecords: 100, readBack: LOOKED_AT } : { batchRecords: 6, readBack: 'all' };

/** The options of the rest connector that an engineer would write who knows the system from its manual. */
export const sourceOptions = (vices: ReadonlySet<Vice>, path: string) => ({
  path,
  records: '/records',
  pageSize: 3,
  pagination: vices.has('counted-pages')
    ? { kind: 'offset', sizeParam: 'limit', total: '/total' }
    : { kind: 'cursor', next: '/next', sizeParam: 'limit' },
  ...(!vices.has('no-stamps') && {
    incremental: { param: 'since', ...(vices.has('epoch-filter') && { format: 'epoch-seconds' }) },
  }),
});

const results = { list: '/results', status: 'status', key: 'id', message: 'message' };

/** Records of one request. */
const MOST_RECORDS = 3;

const handles: Record<Rest, object> = {
  T2: { idempotencyKey: { hours: 24 } },
  T3: { upsert: true },
  T4: {},
  T5: {},
};

export const destinationOptions = (promise: Rest, path: string, vices: ReadonlySet<Vice>) => ({
  path,
  key: 'id',
  ...(vices.has('folded-case') && { keyAs: 'lower' }),
  ...(vices.has('stripped-zeros') && { keyAs: 'no-leading-zeros' }),
  concurrency: 1,
  delete: { path: `${path}/{key}` },
  ...handles[promise],
  ...(promise !== 'T5' && {
    maxRecords: MOST_RECORDS,
    bulk: { list: '/records', results },
    lookup: { path, query: { ids: '{keys}' }, records: '/records' },
  }),
});
