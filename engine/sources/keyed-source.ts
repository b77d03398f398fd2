import { z } from 'zod';
import type { Page, ReadRequest, Source } from '../../model/connector/connector.ts';
import { SyncFailure } from '../../model/failure/failure.ts';
import { exactJson, parseExact } from '../../model/record/exact-json.ts';
import type { Json } from '../../model/record/json.ts';
import { keyOf, splitKey } from '../../model/record/record-key.ts';

/** Keys that a source is asked for at once. */
const KEYS_AT_ONCE = 500;

/** Gives the keys that are wanted, from the n-th on. */
export type KeysFrom = (from: number, limit: number) => Promise<readonly string[]>;

/** `at`: so many keys have been asked for; `inner`: the whole source is looked through, from here. */
const position = z.union([z.strictObject({ at: z.int().min(0) }), z.strictObject({ inner: z.custom<Json>() })]);

/**
 * A source of a few known records of another one. Where that can be asked by key nothing else is read; otherwise it is
 * read from start to end, and only what is wanted is passed on. Keys that the source does not have are left out.
 */
export function keyedSource(source: Source, fields: readonly string[], keysFrom: KeysFrom): Source {
  const { epoch } = source.can;
  return {
    can: { incremental: false, provesEnd: false, ordered: false, ...(epoch && { epoch }) },
    async *read(request: ReadRequest): AsyncIterable<Page> {
      const at = request.position === null ? { at: 0 } : position.parse(request.position);
      if ('at' in at && source.readKeys !== undefined) {
        if (yield* askByKey(source, source.readKeys, fields, keysFrom, at.at, request.signal)) return;
      }
      yield* lookThrough(source, fields, keysFrom, 'inner' in at ? at.inner : null, request.signal);
    },
    decode: decodeChosen,
  };
}

type ReadKeys = NonNullable<Source['readKeys']>;

/** Answers false when the source cannot be asked by these fields. */
async function* askByKey(
  source: Source,
  readKeys: ReadKeys,
  fields: readonly string[],
  keysFrom: KeysFrom,
  from: number,
  signal: AbortSignal,
): AsyncGenerator<Page, boolean> {
  for (let at = from; ; ) {
    signal.throwIfAborted();
    const keys = await keysFrom(at, KEYS_AT_ONCE);
    const asked = keys.flatMap((key) => [splitKey(key, fields.length) ?? []].filter(({ length }) => length > 0));
    const found = asked.length === 0 ? [] : await readKeys.call(source, { fields, keys: asked, signal });
    if (found === null) return false;
    at += keys.length;
    const last = keys.length < KEYS_AT_ONCE;
    yield pageOf(wanted(found, fields, new Set(keys)), last ? null : { at });
    if (last) return true;
  }
}

async function* lookThrough(
  source: Source,
  fields: readonly string[],
  keysFrom: KeysFrom,
  from: Json,
  signal: AbortSignal,
): AsyncGenerator<Page> {
  const keys = new Set<string>();
  for (let more = true; more; ) {
    const some = await keysFrom(keys.size, KEYS_AT_ONCE);
    for (const key of some) keys.add(key);
    more = some.length === KEYS_AT_ONCE;
  }
  for await (const page of source.read({ position: from, since: null, signal, key: fields }))
    yield {
      ...pageOf(wanted(page.records, fields, keys), page.next === null ? null : { inner: page.next }),
      ...(page.readsAgain && { readsAgain: page.readsAgain }),
      ...(page.notices && { notices: page.notices }),
    };
}

const wanted = (records: readonly Json[], fields: readonly string[], keys: ReadonlySet<string>): readonly Json[] =>
  records.filter((record) => {
    const key = keyOf(record, fields);
    return 'key' in key && keys.has(key.key);
  });

const pageOf = (records: readonly Json[], next: Page['next']): Page => ({
  body: Buffer.from(`[${records.map(exactJson).join(',')}]`),
  records,
  next,
});

const stored = z.array(z.custom<Json>());

/** A page that this engine wrote itself, of records that were chosen one by one. */
export function decodeChosen(body: Buffer): readonly Json[] {
  try {
    return stored.parse(parseExact(body.toString()));
  } catch (error) {
    throw new SyncFailure('STAGING_LOST', 'a page of chosen records is damaged', { cause: error });
  }
}
