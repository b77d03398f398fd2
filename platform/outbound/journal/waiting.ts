import type { SeenCall } from './entry.ts';

export interface WaitingLimits {
  /** Entries that wait to be written; of more the newest are lost, and counted. */
  readonly entries: number;
  /** Bytes of bodies that wait; beyond, entries are kept without their bodies. */
  readonly bodyBytes: number;
}

/** What could not be kept since it was last asked. */
export interface Losses {
  readonly bodies: number;
  readonly entries: number;
}

export interface WaitingCall {
  readonly seen: SeenCall;
  readonly bodiesDropped: boolean;
  /** Entries that were lost before this one. */
  readonly lostBefore: number;
}

/** Calls that wait to be written: bounded in number and in bytes. */
export class Waiting {
  #calls: WaitingCall[] = [];
  #bodyBytes = 0;
  #lostBefore = 0;
  #losses = { bodies: 0, entries: 0 };
  readonly #limits: WaitingLimits;

  constructor(limits: WaitingLimits) {
    this.#limits = limits;
  }

  get length(): number {
    return this.#calls.length;
  }

  add(seen: SeenCall): void {
    if (this.#calls.length >= this.#limits.entries) {
      this.#lostBefore++;
      this.#losses.entries++;
      return;
    }
    const bytes = bodyBytes(seen);
    const fits = bytes === 0 || this.#bodyBytes + bytes <= this.#limits.bodyBytes;
    if (fits) this.#bodyBytes += bytes;
    else this.#losses.bodies++;
    this.#calls.push({
      seen: fits ? seen : { ...seen, requestBody: null, responseBody: null },
      bodiesDropped: !fits,
      lostBefore: this.#lostBefore,
    });
    this.#lostBefore = 0;
  }

  /** The oldest, which stay until they are written. */
  first(count: number): readonly WaitingCall[] {
    return this.#calls.slice(0, count);
  }

  written(count: number): void {
    for (const { seen } of this.#calls.splice(0, count)) this.#bodyBytes -= bodyBytes(seen);
  }

  takeLosses(): Losses {
    const losses = this.#losses;
    this.#losses = { bodies: 0, entries: 0 };
    return losses;
  }
}

const bodyBytes = ({ requestBody, responseBody }: SeenCall): number =>
  (requestBody?.head.length ?? 0) + (responseBody?.head.length ?? 0);
