import type { Source } from '../model/connector.ts';
import type { Reject, Transformed } from '../model/prepared.ts';
import type { LoadedSync } from '../model/project.ts';
import { transformation } from '../model/transform.ts';
import { validation } from '../model/validate.ts';
import { endsHere, GrowingBatch } from './fetch.ts';
import { inSlices } from './prepare.ts';

export interface PreparedForPlan extends Transformed {
  readonly pages: number;
  /** Of both checks; `rejects` of the transformation alone are among them. */
  readonly allRejects: readonly Reject[];
}

export interface BatchesRequest {
  readonly since: string | number | null;
  /** Records at the most. */
  readonly limit: number;
  readonly signal: AbortSignal;
}

/** The batches as a run would cut them, validated and transformed by the same functions. Stages nothing. */
export async function* batchesToPlan(
  source: Source,
  loaded: LoadedSync,
  { since, limit, signal }: BatchesRequest,
): AsyncIterable<PreparedForPlan> {
  let position: GrowingBatch['position'] = null;
  let left = limit;
  for (;;) {
    const batch = new GrowingBatch(0, 0, 0, position);
    for await (const page of source.read({ position, since, signal })) {
      batch.add(page);
      if (endsHere(batch, loaded) || batch.records >= left) break;
    }
    if (batch.records > 0) yield await prepare(batch, loaded, left);
    left -= batch.records;
    position = batch.position;
    if (batch.complete || position === null || left <= 0) return;
  }
}

async function prepare(batch: GrowingBatch, { sync, policy }: LoadedSync, limit: number): Promise<PreparedForPlan> {
  const key = typeof sync.key === 'string' ? [sync.key] : sync.key;
  const validating = validation({ from: sync.mapping.from, key, version: sync.version });
  await inSlices(batch.received.slice(0, limit), validating.add);
  const validated = validating.result();
  const transforming = transformation(validated, { mapping: sync.mapping, maxRecordBytes: policy.maxRecordBytes });
  await inSlices(validated.valid, transforming.add);
  const transformed = transforming.result();
  return { ...transformed, pages: batch.parts, allRejects: [...validated.rejects, ...transformed.rejects] };
}
