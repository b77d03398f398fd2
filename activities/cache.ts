import type { BatchRef } from '../model/batch.ts';
import type { Json } from '../model/json.ts';
import type { Prepared } from '../model/prepared.ts';
import type { RunFacts } from '../platform/ledger/runs.ts';

/** What this worker has computed of a batch. Never trusted across a crash: it can all be computed again from staging. */
export interface PreparedBatch {
  prepared?: Prepared;
  /** As received; kept only once somebody has asked for it. */
  records?: readonly Json[];
}

/** Facts are few bytes, and a worker serves many runs at once. */
const RUNS = 1000;

/**
 * Keeps the batches most recently used, at most `capacity`, so that memory stays flat (invariant 9); and of the runs most
 * recently met what never changes.
 */
export class BatchCache {
  readonly #batches = new Map<string, PreparedBatch>();
  readonly #facts = new Map<string, RunFacts>();
  readonly #capacity: number;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  get(ref: BatchRef): PreparedBatch {
    const id = cacheId(ref);
    const batch = this.#batches.get(id) ?? {};
    keepRecent(this.#batches, id, batch, this.#capacity);
    return batch;
  }

  async factsOf(run: string, read: (run: string) => Promise<RunFacts>): Promise<RunFacts> {
    const facts = this.#facts.get(run) ?? (await read(run));
    keepRecent(this.#facts, run, facts, RUNS);
    return facts;
  }

  drop(ref: BatchRef): void {
    this.#batches.delete(cacheId(ref));
  }
}

const cacheId = (ref: BatchRef): string => `${ref.run}/${ref.seq}`;

function keepRecent<T>(map: Map<string, T>, id: string, value: T, capacity: number): void {
  map.delete(id);
  map.set(id, value);
  for (const oldest of map.keys()) {
    if (map.size <= capacity) break;
    map.delete(oldest);
  }
}
