import { hash } from 'node:crypto';
import { seededDraws } from '../text/seeded-draws.ts';

/** Of a stream, so many items, each with the same chance (Vitter, Algorithm R). */
class Reservoir<T> {
  readonly kept: T[] = [];
  readonly #size: number;
  readonly #draw: () => number;
  #seen = 0;

  constructor(size: number, draw: () => number) {
    this.#size = size;
    this.#draw = draw;
  }

  add(item: T): void {
    const place = this.kept.length < this.#size ? this.kept.length : Math.floor(this.#draw() * (this.#seen + 1));
    this.#seen++;
    if (place < this.#size) this.kept[place] = item;
  }
}

/**
 * The records of a batch that are read back when its run is reconciled: `size` at random by a seed, so that no part of a
 * batch is safe from being looked at, and beside them the last record of each request, where one that was cut shows; of
 * more requests than `size`, that many. With `size` 0 neither. What is watched is always among them.
 */
export class Sample<T> {
  readonly #anywhere: Reservoir<T>;
  readonly #last: Reservoir<T>;
  readonly #watched: T[] = [];
  readonly #isWatched: (record: T) => boolean;

  constructor(size: number, seed: string, isWatched: (record: T) => boolean = () => false) {
    this.#isWatched = isWatched;
    const draw = seededDraws(Number.parseInt(hash('sha256', seed, 'hex').slice(0, 8), 16));
    this.#anywhere = new Reservoir(size, draw);
    this.#last = new Reservoir(size, draw);
  }

  /** What one request delivered, in its order. */
  add(request: readonly T[]): void {
    const lastIndex = request.length - 1;
    for (const [index, record] of request.entries()) {
      if (this.#isWatched(record)) this.#watched.push(record);
      else if (index === lastIndex) this.#last.add(record);
      else this.#anywhere.add(record);
    }
  }

  get records(): readonly T[] {
    return [...this.#anywhere.kept, ...this.#last.kept, ...this.#watched];
  }
}
