import { isOlder } from './newest.ts';

/** A record whose key repeats in one read, batches apart. */
export interface Occurrence {
  readonly key: string;
  readonly seq: number;
  readonly ordinal: number;
  readonly version: number | null;
}

/**
 * Invariant 5, newest wins, for records that lie batches apart: of each key the one that would stay if they were in one
 * batch. They are added in the order of their keys, and of one key as they were read, so that one is held at a time.
 */
export class NewestOccurrence {
  #newest: Occurrence | undefined;

  /** Answers the one that stays of the key before, when its records have all been added. */
  add(next: Occurrence): Occurrence | undefined {
    const before = this.#newest;
    if (before?.key === next.key) {
      if (!isOlder(next, before)) this.#newest = next;
      return undefined;
    }
    this.#newest = next;
    return before;
  }

  /** Of the last key. */
  get last(): Occurrence | undefined {
    return this.#newest;
  }
}

const MANY = 1000;

/**
 * Whether records of a batch that came back to the content they had before are changes that somebody took back, and not
 * the first ones of repeated keys: they are many, and most of their batch.
 */
export const areTakenBack = (cameBack: number, records: number): boolean => cameBack >= MANY && cameBack > records / 2;
