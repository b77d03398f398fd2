import type { Source } from '../../model/connector/connector.ts';
import type { Prepared, Reject, Transformed, Validated } from '../../model/record/prepared.ts';
import { keyFieldsOf } from '../../model/record/record-key.ts';
import type { VersionKind } from '../../model/record/version.ts';
import type { LoadedSync } from '../../model/sync/project.ts';
import { endsHere, GrowingBatch } from '../batches/growing-batch.ts';
import { timed } from '../batches/page-clock.ts';
import { inSlices, preparationOf } from '../batches/prepare.ts';

export interface PreparedForPlan extends Transformed {
  readonly pages: number;
  readonly validated: Validated;
  /** Of both checks; `rejects` of the transformation alone are among them. */
  readonly allRejects: readonly Reject[];
}

export interface BatchesRequest {
  readonly since: string | number | null;
  /** Of the watermark. */
  readonly kind?: VersionKind | undefined;
  /** Records at the most. */
  readonly limit: number;
  readonly signal: AbortSignal;
}

/** The batches as a run would cut them, validated and transformed by the same functions. Stages nothing. */
export async function* batchesToPlan(
  source: Source,
  loaded: LoadedSync,
  { since, kind, limit, signal }: BatchesRequest,
): AsyncIterable<PreparedForPlan> {
  let position: GrowingBatch['position'] = null;
  let left = limit;
  for (let seq = 1; ; seq++) {
    const batch = new GrowingBatch(seq, 0, 0, 0, position);
    const work = preparationOf(loaded, { kind, epoch: source.can.epoch });
    const request = { position, since, signal, key: keyFieldsOf(loaded.sync) };
    for await (const page of timed(source.read(request), Date.now)) {
      await inSlices(page.records.slice(0, left - batch.records), (slice) => work.add(slice, page.asOfMs));
      batch.add(page);
      if (endsHere(batch, loaded) || batch.records >= left) break;
    }
    if (batch.records > 0) yield planned(work.result(), batch.parts);
    left -= batch.records;
    position = batch.position;
    if (batch.complete || position === null || left <= 0) return;
  }
}

const planned = ({ validated, transformed }: Prepared, pages: number): PreparedForPlan => ({
  ...transformed,
  pages,
  validated,
  allRejects: [...validated.rejects, ...transformed.rejects],
});
