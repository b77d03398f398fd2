/**
 * Looks that many ask for at once. One is under way at a time; whoever asks meanwhile shares the next, never one that
 * began before it asked, so that it sees what was there by then.
 */
export class SharedLooks<T> {
  readonly #look: () => Promise<T>;
  #latest: Look<T> | undefined;
  /** Begins when the one under way has ended. */
  #next: Promise<T> | undefined;

  constructor(look: () => Promise<T>) {
    this.#look = look;
  }

  /** How long ago the latest began, in milliseconds; infinite when there was none. */
  ageMs(): number {
    return this.#latest ? performance.now() - this.#latest.begunMs : Number.POSITIVE_INFINITY;
  }

  /** What a look sees that began less than `maxAgeMs` ago; 0: one that begins from now on. */
  async at(maxAgeMs: number): Promise<T> {
    const latest = this.#latest;
    if (latest && this.ageMs() < maxAgeMs) return latest.seen;
    if (latest?.underWay) {
      const begin = () => this.#begin();
      this.#next ??= latest.seen.then(begin, begin);
    }
    return this.#next ?? this.#begin();
  }

  #begin(): Promise<T> {
    this.#next = undefined;
    const look: Look<T> = { begunMs: performance.now(), underWay: true, seen: this.#look() };
    const ended = () => {
      look.underWay = false;
    };
    look.seen.then(ended, ended);
    this.#latest = look;
    return look.seen;
  }
}

interface Look<T> {
  readonly begunMs: number;
  underWay: boolean;
  readonly seen: Promise<T>;
}
