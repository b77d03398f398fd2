import type { Lease } from '../limits/lease.ts';

/** Calls at once of one worker to a connection whose owner states no limit. */
const DEFAULT_CONCURRENT = 64;
/** What was learnt from the other workers holds this long. */
const FRESH_MS = 1_000;
/** A call that starts later than its slot by this much could meet the next ones in one second: the slot is given back. */
const LATE_MS = 50;

/** The first call of a worker goes alone for so long at most: its answer may say what is allowed. */
const ALONE_MS = 1_000;

/** What one worker has been granted of a connection, in times of its own clock. */
export class Grants {
  #slots: number[] = [];
  #isUnlimited = false;
  #keptMs = LATE_MS;
  #freshUntilMs = Number.NEGATIVE_INFINITY;
  #unused = 0;
  #concurrent = DEFAULT_CONCURRENT;
  #isAnswered = false;
  #aloneUntilMs: number | undefined;
  /** There are no slots to ask for before. */
  askNotBeforeMs = Number.NEGATIVE_INFINITY;
  /** All workers together have a limit of calls at once. */
  isShared = false;

  /** Takes in a lease whose times are `shiftMs` behind the worker's. */
  accept(lease: Lease, shiftMs: number, nowMs: number): void {
    this.#freshUntilMs = nowMs + FRESH_MS;
    this.#isUnlimited = lease.slots === null;
    this.#keptMs = lease.isSpaced ? LATE_MS : FRESH_MS;
    for (const slot of lease.slots ?? []) this.#slots.push(slot + shiftMs);
    this.askNotBeforeMs = lease.slots?.length === 0 ? lease.againMs + shiftMs : Number.NEGATIVE_INFINITY;
    this.isShared = lease.concurrent !== null;
    this.#concurrent = lease.concurrent ?? DEFAULT_CONCURRENT;
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

  /** Calls that may be under way at once. */
  atOnce(nowMs: number): number {
    const isAlone = !this.#isAnswered && nowMs < (this.#aloneUntilMs ?? Number.POSITIVE_INFINITY);
    return isAlone ? Math.min(1, this.#concurrent) : this.#concurrent;
  }

  /** More calls may be under way at once before long, without one of them ending. */
  get mayGrow(): boolean {
    return this.isShared || !this.#isAnswered;
  }

  /** A call starts. */
  use(nowMs: number): void {
    this.#slots.shift();
    this.#aloneUntilMs ??= nowMs + ALONE_MS;
  }

  /** A call has ended. */
  answered(): void {
    this.#isAnswered = true;
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

  /** When the last of the slots is due; never, when there is none. */
  get lastMs(): number {
    return this.#slots.at(-1) ?? Number.POSITIVE_INFINITY;
  }

  /** Slots that are left. */
  get left(): number {
    return this.#slots.length;
  }
}
