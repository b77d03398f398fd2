import type { ReadyRecord } from './prepared.ts';

type Versioned = Pick<ReadyRecord, 'version'>;

/**
 * Invariant 5, newest wins: of the records of a batch with one key the one with the higher version stays; of equal ones
 * the later, and of two that do not compare. Keys that only rise, as many sources give them, are compared with the one before: a map of them all is made
 * when one does not.
 */
export class Newest {
  readonly #records: ReadyRecord[] = [];
  #lastKey: string | undefined;
  #places: Map<string, number> | undefined;

  /** Answers whether the key had been there. */
  add(record: ReadyRecord): boolean {
    const place = this.#placeOf(record.key);
    if (place === undefined) {
      this.#records.push(record);
      return false;
    }
    if (!isOlder(record, this.#records[place])) this.#records[place] = record;
    return true;
  }

  /** In the order in which their keys came first. */
  get records(): readonly ReadyRecord[] {
    return this.#records;
  }

  /** Of a key that is not there yet: undefined, and it is taken for the next. */
  #placeOf(key: string): number | undefined {
    if (this.#places === undefined) {
      if (this.#lastKey === undefined || key > this.#lastKey) {
        this.#lastKey = key;
        return undefined;
      }
      this.#places = new Map(this.#records.map((record, index) => [record.key, index]));
    }
    const place = this.#places.get(key);
    if (place === undefined) this.#places.set(key, this.#records.length);
    return place;
  }
}

/** Whether it is passed over for the one that was read before it. */
export const isOlder = ({ version }: Versioned, than: Versioned | undefined): boolean =>
  version !== null && than !== undefined && than.version !== null && version < than.version;
