import { ApplicationFailure, CancellationScope, condition, isCancellation, setHandler } from '@temporalio/workflow';
import type { FailureCode } from '../model/failure.ts';
import type { Parked } from '../model/run-state.ts';
import { type StepFailure, stepFailure } from './failure.ts';
import { abortSignal, pauseSignal, resumeSignal, retrySignal, skipSignal } from './messages.ts';

/** What a person answers to a run that is parked. */
export type Answer = 'retry' | 'skip';

/**
 * What people have asked of a run, and what the run asks of them. Handlers only set state; the run acts on it.
 */
export class RunControl {
  paused: boolean;
  aborted = false;
  readonly #parked = new Map<string, Parked>();
  /** Rises with each answer of a person: whoever parked before it goes on. */
  #answers = 0;
  #answer: Answer = 'retry';
  #changed: () => void = () => {};

  constructor(paused: boolean) {
    this.paused = paused;
  }

  /** Begins to hear. A signal may have come before the run began: everything it touches has to be there by now. */
  listen(changed: () => void): void {
    this.#changed = changed;
    const answered = (answer: Answer) => () => {
      this.#answer = answer;
      this.#answers++;
    };
    const pausing = (paused: boolean) => () => {
      this.paused = paused;
      changed();
    };
    setHandler(retrySignal, answered('retry'));
    setHandler(skipSignal, answered('skip'));
    setHandler(pauseSignal, pausing(true));
    setHandler(resumeSignal, pausing(false));
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

  /**
   * Works on a step. When its retries are used up, or it needs a person, the run waits instead of failing; `work` is
   * then called again with what the person answered, and to which failure.
   */
  async step<T>(
    name: string,
    batch: number | null,
    work: (answer?: Answer, to?: FailureCode) => Promise<T>,
  ): Promise<T> {
    for (let answer: Answer | undefined, to: FailureCode | undefined; ; ) {
      try {
        return await work(answer, to);
      } catch (error) {
        if (isCancellation(error) || CancellationScope.current().consideredCancelled) throw error;
        const failure = stepFailure(error);
        if (failure.next === 'stop') throw error;
        answer = await this.#park(name, batch, failure, error);
        to = failure.code;
      }
    }
  }

  async #park(step: string, batch: number | null, failure: StepFailure, error: unknown): Promise<Answer> {
    const id = `${step}/${batch ?? ''}`;
    const answers = this.#answers;
    this.#parked.set(id, { step, batch, ...failure, since: new Date().toISOString() });
    this.#changed();
    try {
      await condition(() => this.#answers > answers || this.aborted);
    } finally {
      this.#parked.delete(id);
      this.#changed();
    }
    if (this.aborted) throw error;
    return this.#answer;
  }
}

/** The type of the failure that an `abort` ends a run with. */
export const ABORTED = 'ABORTED';
