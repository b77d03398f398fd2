import { ApplicationFailure, CancellationScope, condition, isCancellation, setHandler } from '@temporalio/workflow';
import type { Parked } from '../model/run-state.ts';
import { type StepFailure, stepFailure } from './failure.ts';
import { abortSignal, pauseSignal, resumeSignal, retrySignal } from './messages.ts';

/**
 * What people have asked of a run, and what the run asks of them. Handlers only set state; the run acts on it.
 */
export class RunControl {
  paused: boolean;
  aborted = false;
  readonly #parked = new Map<string, Parked>();
  /** Rises with each `retry`: whoever parked before it tries again. */
  #retries = 0;
  readonly #changed: () => void;

  constructor(paused: boolean, changed: () => void) {
    this.paused = paused;
    this.#changed = changed;
    setHandler(retrySignal, () => {
      this.#retries++;
    });
    setHandler(pauseSignal, () => {
      this.paused = true;
      changed();
    });
    setHandler(resumeSignal, () => {
      this.paused = false;
      changed();
    });
    setHandler(abortSignal, () => {
      this.aborted = true;
    });
  }

  /** The step that waits for a person; of several the first. */
  get parked(): Parked | null {
    const [first] = this.#parked.values();
    return first ?? null;
  }

  /** Holds while the run is paused. */
  async whenRunning(): Promise<void> {
    if (this.paused) await condition(() => !this.paused || this.aborted);
    this.refuseAborted();
  }

  refuseAborted(): void {
    if (this.aborted) throw ApplicationFailure.nonRetryable('aborted by a person', ABORTED);
  }

  /** Works on a step. When its retries are used up, or it needs a person, the run waits instead of failing. */
  async step<T>(name: string, batch: number | null, work: () => Promise<T>): Promise<T> {
    for (;;) {
      try {
        return await work();
      } catch (error) {
        if (isCancellation(error) || CancellationScope.current().consideredCancelled) throw error;
        const failure = stepFailure(error);
        if (failure.next === 'stop') throw error;
        await this.#park(name, batch, failure, error);
      }
    }
  }

  async #park(step: string, batch: number | null, failure: StepFailure, error: unknown): Promise<void> {
    const id = `${step}/${batch ?? ''}`;
    const retries = this.#retries;
    this.#parked.set(id, { step, batch, ...failure, since: new Date().toISOString() });
    this.#changed();
    try {
      await condition(() => this.#retries > retries || this.aborted);
    } finally {
      this.#parked.delete(id);
      this.#changed();
    }
    if (this.aborted) throw error;
  }
}

/** The type of the failure that an `abort` ends a run with. */
export const ABORTED = 'ABORTED';
