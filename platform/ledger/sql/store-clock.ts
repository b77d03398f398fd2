/** Two clocks drift apart by no more than this, in milliseconds a millisecond. */
const DRIFT = 0.0002;

/** What an answer tells of the store's clock. All but `storeMs` by the worker's own clock, which never goes back. */
export interface ClockAnswer {
  readonly storeMs: number;
  readonly askedMs: number;
  readonly answeredMs: number;
}

/**
 * The clock of the store, as known from its answers: the store read it somewhere between question and answer, so a quick
 * answer leaves little room for error, and an old one leaves more with time.
 */
export class StoreClock {
  #aheadMs = 0;
  #errorMs = Number.POSITIVE_INFINITY;
  #atMs = 0;

  /** Takes in what is surer than what is known, or proves that the store's clock was set. */
  heard({ storeMs, askedMs, answeredMs }: ClockAnswer): void {
    const errorMs = (answeredMs - askedMs) / 2;
    const aheadMs = storeMs - (askedMs + answeredMs) / 2;
    const knownErrorMs = this.#errorMs + (answeredMs - this.#atMs) * DRIFT;
    const wasSet = Math.abs(aheadMs - this.#aheadMs) > errorMs + knownErrorMs;
    if (errorMs > knownErrorMs && !wasSet) return;
    this.#aheadMs = aheadMs;
    this.#errorMs = errorMs;
    this.#atMs = answeredMs;
  }

  get isSet(): boolean {
    return this.#errorMs !== Number.POSITIVE_INFINITY;
  }

  /** The store's time at a time of the worker's. */
  at(ms: number): number {
    return ms + this.#aheadMs;
  }
}
