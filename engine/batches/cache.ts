import type { Json } from '../../model/record/json.ts';
import type { Prepared } from '../../model/record/prepared.ts';
import type { BatchRef } from '../../model/sync/batch.ts';
import type { RunFacts } from '../../platform/ledger/runs/runs.ts';
import { batchShare, decideWindow, type HeldBatch, isResting, type WaitingFetch } from './window.ts';

/** What this worker has computed of a batch. Never trusted across a crash: it can all be computed again from staging. */
export interface PreparedBatch {
  readonly prepared?: Prepared | undefined;
  /** As received; kept only once somebody has asked for it. */
  readonly records?: readonly Json[] | undefined;
}

export interface CacheLimits {
  /** For the batches of all runs together. */
  readonly budgetBytes: number;
  /** Fetches that wait for room at the most; any more begin at once, so that the other steps find a place. */
  readonly mostWaiting: number;
  /** A batch that no step has touched for so long goes when there is need. Default: 10 s. */
  readonly restMs?: number;
}

/** How a fetch waits for room. */
export interface Patience {
  readonly signal: AbortSignal;
  /** Then it begins, whatever is held. */
  readonly atMostMs: number;
  /** Told that it has to wait for so many bytes. */
  readonly waits: (bytes: number) => void;
}

/** Facts are few bytes, and a worker serves many runs at once. */
const RUNS = 1000;

/** While a fetch waits, this often whether a batch has come to rest. */
const LOOK_AGAIN_MS = 500;

/**
 * The batches that this worker has in memory, within a budget of bytes over all runs (invariant 9, bounded): a fetch
 * waits for room rather than push out what is about to be delivered. And of the runs most recently met what never changes.
 */
export class BatchCache {
  readonly #batches = new Map<string, Held>();
  readonly #line = new Set<Waiting>();
  readonly #facts = new Map<string, RunFacts>();
  /** What the latest batch of a run took: the next will take as much. */
  readonly #latestBytes = new Map<string, number>();
  readonly #limits: Required<CacheLimits>;
  #timer: NodeJS.Timeout | undefined;

  constructor(limits: CacheLimits) {
    this.#limits = { restMs: 10_000, ...limits };
  }

  get(ref: BatchRef): PreparedBatch {
    return this.#batches.get(cacheId(ref)) ?? {};
  }

  put(ref: BatchRef, prepared: Prepared): void {
    this.#held(ref).prepared = prepared;
    keepRecent(this.#latestBytes, ref.run, prepared.bytes, RUNS);
    this.#decide();
  }

  /** `bytes`: of the records as received. */
  putRecords(ref: BatchRef, records: readonly Json[], bytes: number): void {
    const held = this.#held(ref);
    held.records = records;
    held.recordsBytes = bytes * PARSED;
    this.#decide();
  }

  drop(ref: BatchRef): void {
    this.#batches.delete(cacheId(ref));
    this.#decide();
  }

  /** Works on a batch, which stays in memory meanwhile. */
  async during<T>(ref: BatchRef, work: () => Promise<T>): Promise<T> {
    return this.#working(this.#held(ref), cacheId(ref), work);
  }

  /** Fetches a batch as soon as there is room for it. */
  async fetching<T>(ref: BatchRef, patience: Patience, work: () => Promise<T>): Promise<T> {
    const bytes = Math.min(this.#latestBytes.get(ref.run) ?? 0, this.#share(ref.run));
    const held = await this.#room(ref, bytes, patience);
    return this.#working(held, cacheId(ref), work);
  }

  /** Notes what a batch takes that is being fetched. Answers whether it has its share, and should end. */
  grew(ref: BatchRef, bytes: number): boolean {
    const held = this.#held(ref);
    held.growing = Math.max(held.growing, bytes);
    this.#decide();
    return bytes >= this.#share(ref.run);
  }

  async factsOf(run: string, read: (run: string) => Promise<RunFacts>): Promise<RunFacts> {
    const facts = this.#facts.get(run) ?? (await read(run));
    keepRecent(this.#facts, run, facts, RUNS);
    return facts;
  }

  #held({ run, seq }: BatchRef): Held {
    const id = cacheId({ run, seq });
    const held = this.#batches.get(id) ?? new Held(run);
    this.#batches.set(id, held);
    held.touchedAtMs = performance.now();
    return held;
  }

  async #working<T>(held: Held, id: string, work: () => Promise<T>): Promise<T> {
    held.steps++;
    try {
      return await work();
    } finally {
      held.steps--;
      held.growing = 0;
      held.touchedAtMs = performance.now();
      if (held.steps === 0 && held.bytes === 0 && this.#batches.get(id) === held) this.#batches.delete(id);
      this.#decide();
    }
  }

  async #room(ref: BatchRef, bytes: number, { signal, atMostMs, waits }: Patience): Promise<Held> {
    signal.throwIfAborted();
    return new Promise((resolve, reject) => {
      const leave = () => {
        this.#line.delete(waiting);
        signal.removeEventListener('abort', abort);
        clearTimeout(timer);
      };
      const abort = () => {
        leave();
        reject(signal.reason);
      };
      const begin = () => {
        leave();
        const held = this.#held(ref);
        // From now on the others see it, before it is at work.
        held.growing = bytes;
        resolve(held);
      };
      const waiting: Waiting = { run: ref.run, bytes, begin };
      const timer = setTimeout(begin, atMostMs);
      signal.addEventListener('abort', abort, { once: true });
      this.#line.add(waiting);
      if (this.#line.size > this.#limits.mostWaiting) begin();
      this.#decide();
      if (this.#line.has(waiting)) waits(bytes);
    });
  }

  #decide(): void {
    const nowMs = performance.now();
    const { begin, evict } = decideWindow({
      ...this.#limits,
      batches: this.#batches,
      waiting: [...this.#line],
      nowMs,
    });
    for (const id of evict) this.#batches.delete(id);
    for (const fetch of begin) fetch.begin();
    clearTimeout(this.#timer);
    this.#timer = this.#line.size === 0 ? undefined : setTimeout(() => this.#decide(), LOOK_AGAIN_MS);
  }

  #share(run: string): number {
    const { restMs, budgetBytes } = this.#limits;
    const nowMs = performance.now();
    const runs = new Set([run, ...[...this.#line].map((waiting) => waiting.run)]);
    for (const held of this.#batches.values()) if (!isResting(held, restMs, nowMs)) runs.add(held.run);
    return batchShare(runs.size, budgetBytes);
  }
}

interface Waiting extends WaitingFetch {
  begin(): void;
}

/** Records as parsed take so many times their JSON. */
const PARSED = 3;

class Held implements HeldBatch, PreparedBatch {
  readonly run: string;
  prepared: Prepared | undefined;
  records: readonly Json[] | undefined;
  recordsBytes = 0;
  /** While it is fetched: what it has come to, or what is expected of it. */
  growing = 0;
  steps = 0;
  touchedAtMs = 0;

  constructor(run: string) {
    this.run = run;
  }

  get bytes(): number {
    return Math.max(this.growing, (this.prepared?.bytes ?? 0) + this.recordsBytes);
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
