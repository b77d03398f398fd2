import type { Lease } from '../limits/lease.ts';

/** Calls at once of one worker to a connection whose owner states no limit. */
const DEFAULT_CONCURRENT = 64;
/** What was learnt from the other workers holds this long. */
const FRESH_MS = 1_000;
/** A call that starts later than its slot by this much could meet the next ones in one second: the slot is given back. */
const LATE_MS = 100;

/** What one worker has been granted of a connection, in times of its own clock. */
export class Grants {
  #slots: number[] = [];
  #isUnlimited = false;
  #keptMs = LATE_MS;
  #freshUntilMs = Number.NEGATIVE_INFINITY;
  #unused = 0;
  /** Calls that may be under way at once. */
  concurrent = DEFAULT_CONCURRENT;
  /** All workers together have a limit of calls at once. */
  isShared = false;

  /** Takes in a lease whose times are `shiftMs` behind the worker's. */
  accept(lease: Lease, shiftMs: number, nowMs: number): void {
    this.#freshUntilMs = nowMs + FRESH_MS;
    this.#isUnlimited = lease.slots === null;
    this.#keptMs = lease.isSpaced ? LATE_MS : FRESH_MS;
    for (const slot of lease.slots ?? []) this.#slots.push(slot + shiftMs);
    this.isShared = lease.concurrent !== null;
    this.concurrent = lease.concurrent ?? DEFAULT_CONCURRENT;
  }

  /** When the next call may start; undefined when that has to be asked for. */
  next(nowMs: number): number | undefined {
    if (nowMs > this.#freshUntilMs) return undefined;
    if (this.#isUnlimited) return nowMs;
    while (this.#slots[0] !== undefined && this.#slots[0] + this.#keptMs < nowMs) {
      this.#slots.shift();
      this.#unused++;
    }
    return this.#slots[0];
  }

  /** A call starts. */
  use(): void {
    this.#slots.shift();
  }

  /** So many calls were granted that will not be made. */
  giveBack(calls: number): void {
    this.#unused += calls;
  }

  /** Calls that were granted and never made, since this was last asked. */
  takeUnused(): number {
    const unused = this.#unused;
    this.#unused = 0;
    return unused;
  }

  /** Nothing may start before it has been asked for. */
  expire(): void {
    this.#unused += this.#slots.length;
    this.#slots = [];
    this.#freshUntilMs = Number.NEGATIVE_INFINITY;
  }

  /** Slots that are left. */
  get left(): number {
    return this.#slots.length;
  }
}
