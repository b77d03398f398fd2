import { BatchCache } from '../../activities/cache.ts';
import type { Schedule } from './schedule.ts';

/** Ends an attempt as the death of its process would. */
export class Crash extends Error {}

/** One attempt at a step. */
export interface Attempt {
  dead: boolean;
  /** Resolves what the simulation waits for beside the step: the silence has lasted too long. */
  readonly presumeDead: () => void;
}

/** How long a frozen attempt sleeps, by the clock of the simulation: longer than any heartbeat time-out. */
const FROZEN_MS = 60_000;

/** Counts the calls of the steps to the ledger and the destination, and does to them what the schedule says. */
export class Faults {
  /** Faults that really happened. */
  fired = 0;
  /** What the clock of the steps is ahead by. */
  skippedMs = 0;
  /** Of the worker that takes the next attempt: what a dead one had in memory is gone. */
  cache = new BatchCache(4);
  readonly #schedule: Schedule;
  /** Attempts that sleep, each until so many calls have been made. */
  #frozen: readonly { readonly until: number; readonly wake: () => void }[] = [];
  #calls = 0;
  #healed = false;

  constructor(schedule: Schedule) {
    this.#schedule = schedule;
  }

  /** Nothing fails from now on, and who sleeps wakes. */
  heal(): void {
    this.#healed = true;
    this.#wake(Number.POSITIVE_INFINITY);
  }

  /** The same object, each call of which may meet a fault. */
  guard<T extends object>(attempt: Attempt, name: string, target: T): T {
    return new Proxy(target, {
      get: (object, property, receiver) => {
        const value = Reflect.get(object, property, receiver);
        if (typeof value !== 'function' || property === 'ofRun') return value;
        return (...args: unknown[]) =>
          this.#meet(attempt, `${name}.${String(property)}`, () => Reflect.apply(value, object, args));
      },
    });
  }

  async #meet(attempt: Attempt, name: string, call: () => Promise<unknown>): Promise<unknown> {
    if (attempt.dead) throw new Crash();
    const at = ++this.#calls;
    this.#wake(at);
    const fault = this.#healed ? undefined : this.#schedule.faults.find((one) => one.at === at);
    if (fault?.what === 'crash before') this.#crash(attempt);
    if (fault?.what === 'freeze' && this.#mayFreeze(name)) await this.#freeze(attempt, at + fault.calls);
    const result = await call();
    if (fault?.what === 'crash after' || attempt.dead) this.#crash(attempt);
    return result;
  }

  #crash(attempt: Attempt): never {
    attempt.dead = true;
    this.cache = new BatchCache(4);
    this.fired++;
    throw new Crash();
  }

  /** Between its last look at the clock and the wire nothing can stop a writer: T3 and T4 cannot refuse it there. */
  #mayFreeze(name: string): boolean {
    return name !== 'destination.write' || this.#schedule.promise === 'T1' || this.#schedule.promise === 'T2';
  }

  async #freeze(attempt: Attempt, until: number): Promise<void> {
    this.fired++;
    this.skippedMs += FROZEN_MS;
    this.cache = new BatchCache(4);
    attempt.presumeDead();
    if (this.#healed) return;
    await new Promise<void>((wake) => (this.#frozen = [...this.#frozen, { until, wake }]));
  }

  #wake(until: number): void {
    for (const frozen of this.#frozen) if (frozen.until <= until) frozen.wake();
    this.#frozen = this.#frozen.filter((frozen) => frozen.until > until);
  }
}
