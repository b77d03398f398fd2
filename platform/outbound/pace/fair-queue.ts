/** What waits, in lanes that take turns: a lane with much waiting does not keep the others back. */
export class FairQueue<T> {
  /** In the order in which it is their turn. */
  readonly #lanes = new Map<string, T[]>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** Lanes in which something waits. */
  get lanes(): number {
    return this.#lanes.size;
  }

  push(lane: string, item: T): void {
    const waiting = this.#lanes.get(lane);
    if (waiting) waiting.push(item);
    else this.#lanes.set(lane, [item]);
    this.#size++;
  }

  /** The next of the lane whose turn it is, of those that `may` be taken. */
  take(may: (item: T) => boolean = () => true): T | undefined {
    for (const [lane, waiting] of this.#lanes) {
      const [first] = waiting;
      if (first === undefined || !may(first)) continue;
      waiting.shift();
      this.#size--;
      this.#lanes.delete(lane);
      if (waiting.length > 0) this.#lanes.set(lane, waiting);
      return first;
    }
    return undefined;
  }

  /** Takes one out, wherever it stands. */
  remove(item: T): void {
    for (const [lane, waiting] of this.#lanes) {
      const at = waiting.indexOf(item);
      if (at < 0) continue;
      waiting.splice(at, 1);
      this.#size--;
      if (waiting.length === 0) this.#lanes.delete(lane);
      return;
    }
  }

  count(those: (item: T) => boolean): number {
    return [...this.#lanes.values()].reduce((sum, waiting) => sum + waiting.filter(those).length, 0);
  }

  /** Takes out everything, in no particular order. */
  drain(): T[] {
    const all = [...this.#lanes.values()].flat();
    this.#lanes.clear();
    this.#size = 0;
    return all;
  }
}
