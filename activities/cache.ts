import type { BatchRef } from '../model/batch.ts';
import type { Json } from '../model/json.ts';
import type { Prepared } from '../model/prepared.ts';

/** What this worker has computed of a batch. Never trusted across a crash: it can all be computed again from staging. */
export interface PreparedBatch {
  prepared?: Prepared;
  /** As received; kept only once somebody has asked for it. */
  records?: readonly Json[];
}

/** Keeps the batches most recently used, at most `capacity`, so that memory stays flat (invariant 9). */
export class BatchCache {
  readonly #batches = new Map<string, PreparedBatch>();
  readonly #capacity: number;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  get(ref: BatchRef): PreparedBatch {
    const id = cacheId(ref);
    const batch = this.#batches.get(id) ?? {};
    this.#batches.delete(id);
    this.#batches.set(id, batch);
    for (const oldest of this.#batches.keys()) {
      if (this.#batches.size <= this.#capacity) break;
      this.#batches.delete(oldest);
    }
    return batch;
  }

  drop(ref: BatchRef): void {
    this.#batches.delete(cacheId(ref));
  }
}

const cacheId = (ref: BatchRef): string => `${ref.run}/${ref.seq}`;
