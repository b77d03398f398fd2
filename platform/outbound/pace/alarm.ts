/** Rings once, at the earliest of the times that it was set to. */
export class Alarm {
  readonly #ring: () => void;
  #timer: NodeJS.Timeout | undefined;
  #atMs = Number.POSITIVE_INFINITY;

  constructor(ring: () => void) {
    this.#ring = ring;
  }

  /** `nowMs` by a clock that never goes back. */
  set(inMs: number, nowMs: number): void {
    const waitMs = Math.max(1, Math.ceil(inMs));
    if (nowMs + waitMs >= this.#atMs) return;
    this.stop();
    this.#atMs = nowMs + waitMs;
    this.#timer = setTimeout(() => {
      this.stop();
      this.#ring();
    }, waitMs);
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#atMs = Number.POSITIVE_INFINITY;
  }
}
