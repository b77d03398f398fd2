/** More starts than this are not remembered: a larger limit is kept over a shorter time, at the same rate. */
const MAX_REMEMBERED = 1_000;

/**
 * At most `limit` starts in any stretch of `windowMs`: the strictest reading of a rate limit, so that no server,
 * whatever its way of counting, sees more. Times are of a clock that never goes back, in milliseconds.
 */
export class RateWindow {
  readonly #starts: number[] = [];
  readonly #limit: number;
  readonly #windowMs: number;
  #next = 0;

  constructor(limit: number, windowMs: number) {
    this.#limit = Math.min(MAX_REMEMBERED, Math.max(1, Math.floor(limit)));
    this.#windowMs = (windowMs * this.#limit) / limit;
  }

  /** How long to wait before the next start; 0 when it may be now. */
  waitMs(nowMs: number): number {
    const earliest = this.#starts[this.#next];
    return earliest === undefined ? 0 : Math.max(0, earliest + this.#windowMs - nowMs);
  }

  start(nowMs: number): void {
    this.#starts[this.#next] = nowMs;
    this.#next = (this.#next + 1) % this.#limit;
  }
}
