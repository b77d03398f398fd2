import { defineConnector, type KeysRequest, SyncFailure, type WriteItem } from '../../index.ts';
import { hasOwnIds, restDestinationOptions, withoutIds } from './destination-options.ts';
import { type Fold, foldOf } from './fold.ts';
import { lookUp, readByKey } from './lookup.ts';
import { restSettings } from './options.ts';
import { mayShift } from './pages.ts';
import { decodePage, readPages } from './read.ts';
import { sameInJson, sameWithFoldedKey } from './same.ts';
import { epochOf } from './since.ts';
import { type Pagination, restSourceOptions } from './source-options.ts';
import { maxRecordsOf, writeItems } from './write.ts';

/** Any system with a JSON API over HTTP, described by options. See docs/connectors.md. */
export default defineConnector({
  kind: 'rest',
  summary: 'JSON over HTTP: pages of records in, single or bulk writes out.',
  settings: restSettings,

  source: {
    options: restSourceOptions,
    open: ({ name, settings }, options, { http }) => {
      const source = { connection: name, settings, options, http };
      const { incremental, lookup } = options;
      const epoch = incremental && epochOf(incremental.format);
      return {
        can: {
          incremental: incremental !== undefined,
          provesEnd: provesEnd(options.pagination),
          ordered: options.ordered,
          ...(mayShift(options.pagination) && { countedPages: true }),
          ...(epoch && { epoch }),
        },
        read: (request) => readPages(source, request),
        decode: (body) => decodePage(source, body),
        ...(lookup && { readKeys: (request: KeysRequest) => readByKey(source, lookup, request) }),
      };
    },
  },

  destination: {
    options: restDestinationOptions,
    open: ({ name, settings }, stated, { http }) => {
      const fold = foldOf(stated.keyAs);
      // Ids of the destination's own tell by themselves which record has a row.
      const folds = stated.keyAs.length > 0 && !hasOwnIds(stated);
      const options = folds ? withoutIds(stated) : stated;
      const destination = { connection: name, settings, options, http, fold };
      const { lookup, idempotencyKey, key } = options;
      return {
        can: {
          ...(idempotencyKey ? { idempotencyKeyHours: idempotencyKey.hours } : {}),
          ...(options.upsert ? { upsert: true } : {}),
          ...(lookup ? { lookupLagMs: lookup.lagMs } : {}),
        },
        limits: { records: maxRecordsOf(options), bytes: options.maxBytes, concurrency: options.concurrency },
        write: (request) => writeItems(destination, request),
        readsBy: 'key',
        ...(folds && { identify: async (items: readonly WriteItem[]) => respelt(items, fold) }),
        same: key === undefined || options.keyAs.length === 0 ? sameInJson : sameWithFoldedKey(key, fold),
        place: options.path,
        ...(options.ifMatch && { tagged: true }),
        ...(lookup
          ? { read: (keys: readonly string[], signal: AbortSignal) => lookUp(destination, lookup, keys, signal) }
          : {}),
      };
    },
  },

  async check({ name, settings }, { http }, signal) {
    const path = settings.probe ?? '';
    const { status } = await http.request({
      method: 'GET',
      path,
      route: path || '/',
      headers: settings.headers,
      signal,
    });
    const { host } = new URL(settings.address);
    if (status < 300) return `${name}: ${host} answers (${status})`;
    if (settings.probe === undefined)
      return `${name}: ${host} answers (${status}; \`probe\` would test the credentials)`;
    const code = status === 404 ? 'NOT_FOUND' : 'REQUEST_REJECTED';
    throw new SyncFailure(code, `GET ${settings.probe} of ${name} answered ${status}.`, { effect: 'none' });
  },
});

/** What the destination will know items by, of those whose key it spells in its own way. */
const respelt = (items: readonly WriteItem[], fold: Fold): ReadonlyMap<number, string> =>
  new Map(items.flatMap(({ key }, place) => (fold(key) === key ? [] : [[place, fold(key)] as const])));

/**
 * Whether the end of a read shows that nothing was left out, so that a missing record is a deleted one. Not so for
 * page numbers and offsets, which skip a record when another is deleted meanwhile, nor where the end is only the
 * absence of a link.
 */
function provesEnd(pagination: Pagination): boolean {
  switch (pagination.kind) {
    case 'none':
      return true;
    case 'cursor':
      return (!pagination.omittedAtEnd && pagination.nextHeader === undefined) || pagination.hasMore !== undefined;
    case 'next-url':
      return !pagination.omittedAtEnd;
    default:
      return false;
  }
}
