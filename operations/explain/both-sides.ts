import { z } from 'zod';
import { readKey } from '../../engine/delivery/read-back.ts';
import { isSyncFailure } from '../../model/failure/failure.ts';
import { keyFieldsOf, keyOf, splitKey } from '../../model/record/record-key.ts';
import type { EndpointWorld, LoadedSync } from '../../model/sync/project.ts';
import { jsonValue } from '../contracts/json-value.ts';
import { lineage, lineageOf } from './lineage.ts';

/** What one system says when it is asked for the record. */
const side = z.discriminatedUnion('state', [
  z.object({ state: z.literal('found'), record: jsonValue }),
  z.object({ state: z.literal('absent') }),
  /** Its options name no look-up by key. */
  z.object({ state: z.literal('cannot be asked') }),
  z.object({ state: z.literal('failed'), code: z.string() }),
]);
export type Side = z.output<typeof side>;

/** A record as both systems have it now. */
export const liveRecord = z.object({
  source: side,
  destination: side,
  /** Of the source's record through today's mapping; null where there is no record, or nothing to explain. */
  lineage: lineage.nullable(),
});
export type LiveRecord = z.output<typeof liveRecord>;

/** How long both systems have to answer. */
const ANSWER_WITHIN_MS = 30_000;

/** Asks both systems for one record by its key. Writes nothing. A system that fails says so; throws when the signal does. */
export async function askBoth(
  loaded: LoadedSync,
  world: EndpointWorld,
  record: { readonly key: string; readonly destinationId: string | null },
  gone: AbortSignal,
): Promise<LiveRecord> {
  const signal = AbortSignal.any([gone, AbortSignal.timeout(ANSWER_WITHIN_MS)]);
  const [source, destination] = await Promise.all([
    answerOf(() => askSource(loaded, world, record.key, signal)),
    answerOf(() => askDestination(loaded, world, record, signal)),
  ]);
  gone.throwIfAborted();
  return { source, destination, lineage: source.state === 'found' ? (lineageOf(loaded, source.record) ?? null) : null };
}

async function askSource(loaded: LoadedSync, world: EndpointWorld, key: string, signal: AbortSignal): Promise<Side> {
  const fields = keyFieldsOf(loaded.sync);
  const parts = splitKey(key, fields.length);
  if (parts === undefined) return { state: 'absent' };
  const found = await loaded.openSource(world).readKeys?.({ fields, keys: [parts], signal });
  if (found === undefined || found === null) return { state: 'cannot be asked' };
  // It may answer more than was asked for.
  const record = found.find((one) => {
    const its = keyOf(one, fields);
    return 'key' in its && its.key === key;
  });
  return record === undefined ? { state: 'absent' } : { state: 'found', record };
}

async function askDestination(
  loaded: LoadedSync,
  world: EndpointWorld,
  record: { readonly key: string; readonly destinationId: string | null },
  signal: AbortSignal,
): Promise<Side> {
  const destination = loaded.openDestination(world);
  const by = readKey(destination, record);
  const found = await destination.read?.([by], signal);
  if (found === undefined) return { state: 'cannot be asked' };
  const back = found.get(by);
  return back === undefined ? { state: 'absent' } : { state: 'found', record: back.record };
}

async function answerOf(ask: () => Promise<Side>): Promise<Side> {
  try {
    return await ask();
  } catch (error) {
    return { state: 'failed', code: isSyncFailure(error) ? error.code : 'INTERNAL' };
  }
}
