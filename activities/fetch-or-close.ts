import type { Dependencies } from '../engine/dependencies.ts';
import { type BatchRef, type Counts, nothingChecked } from '../model/sync/batch.ts';
import { type FetchResult, fetchBatch } from './fetch.ts';
import { closeRun } from './run.ts';

export interface FetchInput extends BatchRef {
  /** Set for the first batch of a run that has nothing else to do: when the source has nothing, the run is closed. */
  readonly closeEmpty?: true;
}

export interface FirstFetch extends FetchResult {
  /** The run has ended as succeeded, with these counts. */
  readonly closed?: Counts;
}

/**
 * Fetches a batch. A run whose source has nothing ends in the same step: most runs of a schedule are such, and each step
 * costs Temporal as much as the reading does. Safe to repeat.
 */
export async function fetchOrClose(deps: Dependencies, { closeEmpty, ...ref }: FetchInput): Promise<FirstFetch> {
  if (!closeEmpty) return fetchBatch(deps, ref);
  const fetched = await fetchBatch(deps, ref).catch(async (error: unknown) => {
    // An earlier attempt may have closed the run and died before it could say so. This one may then fail of anything:
    // the run no longer holds its sync, whose files may be edited or gone.
    const closed = await deps.ledger.runs.succeeded(ref.run);
    if (closed) return { records: 0, bytes: 0, complete: true, closed };
    throw error;
  });
  if ('closed' in fetched) return fetched;
  if (fetched.records > 0 || !fetched.complete || (await deps.ledger.notices.isPartial(ref.run))) return fetched;
  const end = { run: ref.run, status: 'succeeded', reconciled: nothingChecked, failure: null } as const;
  return { ...fetched, closed: await closeRun(deps, end) };
}
