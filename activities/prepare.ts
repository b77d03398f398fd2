import { setImmediate as nextTurn } from 'node:timers/promises';
import type { BatchRef } from '../model/batch.ts';
import type { Json } from '../model/json.ts';
import type { Transformed, Validated } from '../model/prepared.ts';
import type { LoadedSync } from '../model/project.ts';
import { transformation } from '../model/transform.ts';
import { validation } from '../model/validate.ts';
import type { Dependencies } from './dependencies.ts';

/** Records worked on before others get a turn, so that heartbeats and signals stay prompt. */
const SLICE = 500;

/** The received records of a batch: from this worker's cache, or decoded again from what is staged. */
export async function recordsOf(deps: Dependencies, loaded: LoadedSync, ref: BatchRef): Promise<readonly Json[]> {
  const batch = deps.cache.get(ref);
  if (batch.records === undefined) {
    const source = loaded.openSource(deps.world);
    const bodies = await deps.ledger.staging.load(ref.run, ref.seq);
    const records: Json[] = [];
    for (const body of bodies) {
      for (const record of source.decode(body)) records.push(record);
      await nextTurn();
    }
    batch.records = records;
  }
  return batch.records;
}

export async function validatedOf(deps: Dependencies, loaded: LoadedSync, ref: BatchRef): Promise<Validated> {
  const batch = deps.cache.get(ref);
  if (batch.validated === undefined) {
    const { sync } = loaded;
    const key = typeof sync.key === 'string' ? [sync.key] : sync.key;
    const work = validation({ from: sync.mapping.from, key, version: sync.version });
    await inSlices(await recordsOf(deps, loaded, ref), work.add);
    batch.validated = work.result();
    delete batch.records;
  }
  return batch.validated;
}

export async function transformedOf(deps: Dependencies, loaded: LoadedSync, ref: BatchRef): Promise<Transformed> {
  const batch = deps.cache.get(ref);
  if (batch.transformed === undefined) {
    const validated = await validatedOf(deps, loaded, ref);
    const work = transformation(validated, {
      mapping: loaded.sync.mapping,
      maxRecordBytes: loaded.policy.maxRecordBytes,
    });
    await inSlices(validated.valid, work.add);
    batch.transformed = work.result();
    delete batch.validated;
  }
  return batch.transformed;
}

/** Works through the items in slices and lets others run in between. */
export async function inSlices<T>(items: readonly T[], add: (slice: readonly T[]) => void): Promise<void> {
  for (let start = 0; start < items.length; start += SLICE) {
    add(items.slice(start, start + SLICE));
    await nextTurn();
  }
}
