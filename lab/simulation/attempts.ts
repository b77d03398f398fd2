import { type Activities, createActivities } from '../../activities/index.ts';
import type { Dependencies } from '../../engine/dependencies.ts';
import { failures, isSyncFailure } from '../../model/failure/failure.ts';
import { Attempt, type Faults } from './faults.ts';

/** What needs more, of one step or of whoever is asked, never ends. */
export const MOST_ATTEMPTS = 60;

/** The part of Temporal: one step, attempt after attempt, and those that sleep while others go on. */
export class Attempts {
  readonly #faults: Faults;
  readonly #shared: Omit<Dependencies, 'cache'>;
  readonly #zombies: Promise<unknown>[] = [];

  constructor(faults: Faults, shared: Omit<Dependencies, 'cache'>) {
    this.#faults = faults;
    this.#shared = shared;
  }

  async step<T>(work: (steps: Activities) => Promise<T>): Promise<T> {
    for (let number = 1; number < MOST_ATTEMPTS; number++) {
      const { promise: presumedDead, resolve: presumeDead } = deferred();
      const attempt = new Attempt(number, presumeDead);
      const steps = createActivities({ ...this.#shared, cache: this.#faults.cache });
      const working = attempt.run(async () => ({ result: await work(steps) }));
      try {
        const ended = await Promise.race([working, presumedDead]);
        if (ended) return ended.result;
        this.#zombies.push(working.catch(() => {}));
      } catch (error) {
        if (attempt.dead) continue;
        if (!isSyncFailure(error) || !/retry|wait/.test(failures[error.code].next)) throw error;
      }
    }
    throw new Error('the step never ends');
  }

  /** Nothing fails from now on, and whoever sleeps wakes and comes to its end. */
  async heal(): Promise<void> {
    this.#faults.heal();
    await Promise.all(this.#zombies);
  }
}

function deferred(): { readonly promise: Promise<void>; readonly resolve: () => void } {
  let resolve = () => {};
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}
