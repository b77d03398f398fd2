import { AsyncLocalStorage } from 'node:async_hooks';
import type { Pool, PoolClient } from 'pg';
import type { Attempt as StepAttempt } from '../../engine/attempt.ts';
import { BatchCache } from '../../engine/batches/cache.ts';
import type { Destination } from '../../model/connector/connector.ts';
import type { Schedule } from './schedule.ts';

/** Ends an attempt as the death of its process would: whatever the steps make of it, nothing of them reaches the world. */
class Crash extends Error {}

/** One attempt at a step: what the step sees of Temporal, and what becomes of it. */
export class Attempt implements StepAttempt {
  static readonly #running = new AsyncLocalStorage<Attempt>();
  readonly number: number;
  readonly workflowId = 'sim';
  readonly signal: AbortSignal = new AbortController().signal;
  /** Resolves what the simulation waits for beside the step: the silence has lasted too long. */
  readonly presumeDead: () => void;
  dead = false;

  constructor(number: number, presumeDead: () => void) {
    this.number = number;
    this.presumeDead = presumeDead;
  }

  report(): void {}

  run<T>(work: () => Promise<T>): Promise<T> {
    return Attempt.#running.run(this, work);
  }

  static current(): Attempt {
    const attempt = Attempt.#running.getStore();
    if (!attempt) throw new Error('no step is at work');
    return attempt;
  }
}

/** How long nothing is heard of an attempt that is frozen or dead before another follows: longer than any heartbeat time-out. */
const SILENT_MS = 60_000;

/** Of two batches or so; the others are computed again. Nobody waits. */
const smallCache = (): BatchCache => new BatchCache({ budgetBytes: 8_000, mostWaiting: 0, restMs: 0 });

/** Counts the statements of the steps and their calls of the destination, and does to them what the schedule says. */
export class Faults {
  /** Faults that really happened. */
  fired = 0;
  /** What the clock of the steps is ahead by. */
  skippedMs = 0;
  /** Of the worker that takes the next attempt: what a dead one had in memory is gone. */
  cache = smallCache();
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

  /** The same destination, each call of which may meet a fault. */
  destination(destination: Destination): Destination {
    const { write, read } = destination;
    return {
      ...destination,
      write: (request) => this.#meet(this.#mayFreezeAtWrite, () => write(request)),
      ...(read && { read: (keys, signal) => this.#meet(true, () => read(keys, signal)) }),
    };
  }

  /** The same connections, each statement of which may meet a fault. */
  pool(pool: Pool): Pool {
    const query = (...args: unknown[]) => this.#meet(true, () => Reflect.apply(pool.query, pool, args));
    const connect = async () => {
      await this.#meet(true, async () => {});
      return this.#client(await pool.connect());
    };
    return Object.create(pool, { query: { value: query }, connect: { value: connect } });
  }

  /** Within a transaction nobody sleeps: who needs its locks would wait for ever. */
  #client(client: PoolClient): PoolClient {
    const query = (...args: unknown[]) => this.#meet(false, () => Reflect.apply(client.query, client, args));
    return Object.create(client, { query: { value: query } });
  }

  async #meet<T>(mayFreeze: boolean, call: () => Promise<T>): Promise<T> {
    const attempt = Attempt.current();
    if (attempt.dead) throw new Crash();
    const at = ++this.#calls;
    this.#wake(at);
    const fault = this.#healed ? undefined : this.#schedule.faults.find((one) => one.at === at);
    if (fault?.what === 'crash before') this.#crash(attempt);
    if (fault?.what === 'freeze' && mayFreeze) await this.#freeze(attempt, at + fault.calls);
    const result = await call();
    if (fault?.what === 'crash after' || attempt.dead) this.#crash(attempt);
    return result;
  }

  #crash(attempt: Attempt): never {
    attempt.dead = true;
    this.cache = smallCache();
    this.skippedMs += SILENT_MS;
    this.fired++;
    throw new Crash();
  }

  /** Between its last look at the clock and the wire nothing can stop a writer: T3 and T4 cannot refuse it there. */
  get #mayFreezeAtWrite(): boolean {
    return this.#schedule.promise === 'T1' || this.#schedule.promise === 'T2';
  }

  async #freeze(attempt: Attempt, until: number): Promise<void> {
    this.fired++;
    this.skippedMs += SILENT_MS;
    this.cache = smallCache();
    attempt.presumeDead();
    if (this.#healed) return;
    await new Promise<void>((wake) => (this.#frozen = [...this.#frozen, { until, wake }]));
  }

  #wake(until: number): void {
    for (const frozen of this.#frozen) if (frozen.until <= until) frozen.wake();
    this.#frozen = this.#frozen.filter((frozen) => frozen.until > until);
  }
}
