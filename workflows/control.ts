import {
  ApplicationFailure,
  CancellationScope,
  CancelledFailure,
  condition,
  isCancellation,
  patched,
} from '@temporalio/workflow';
import type { FailureCode } from '../model/failure.ts';
import type { Parked, Waiting, WaitingStep } from '../model/run-state.ts';
import { type StepFailure, stepFailure } from './failure.ts';
import { patch } from './patches.ts';

/** What a person answers to a run that is parked. */
export type Answer = 'retry' | 'skip';

/** An answer, to which failure, and its number in this execution: whatever it decides, it decides once. */
export interface Answered {
  readonly answer: Answer;
  readonly to: FailureCode;
  readonly answerNumber: number;
}

/**
 * What people have asked of a run, and what the run asks of them. Whoever asks only sets state; the run acts on it.
 */
export class RunControl {
  /** Ends the steps under way when the run is aborted. */
  readonly scope = new CancellationScope({ cancellable: true });
  paused: boolean;
  aborted = false;
  readonly #parked = new Map<string, Parked>();
  readonly #waiting = new Map<string, WaitingStep>();
  /** Rises with each answer of a person: whoever parked before it goes on. */
  #answers = 0;
  #answer: Answer = 'retry';
  readonly #changed: () => void;

  constructor(paused: boolean, changed: () => void) {
    this.paused = paused;
    this.#changed = changed;
  }

  /** The step that waits for a person; of several the first. */
  get parked(): Parked | null {
    const [first] = this.#parked.values();
    return first ?? null;
  }

  /** The step that is tried again by itself; of several the first. */
  get waiting(): WaitingStep | null {
    const [first] = this.#waiting.values();
    return first ?? null;
  }

  answer(answer: Answer): void {
    this.#answer = answer;
    this.#answers++;
  }

  pause(paused: boolean): void {
    this.paused = paused;
    this.#changed();
  }

  abort(): void {
    this.aborted = true;
    if (patched(patch.abortEndsSteps)) this.scope.cancel();
  }

  /** A step has said that it waits. */
  waits(waiting: Waiting): void {
    const id = idOf(waiting.step, waiting.batch);
    const since = this.#waiting.get(id)?.since ?? new Date().toISOString();
    this.#waiting.set(id, { ...waiting, since });
    this.#changed();
  }

  /** Holds while the run is paused. */
  async whenRunning(): Promise<void> {
    if (this.paused) await condition(() => !this.paused || this.aborted);
    this.refuseAborted();
  }

  /** Holds before something is written while the run is paused, so that pausing takes one batch and not the window. */
  async beforeWriting(): Promise<void> {
    if ((this.paused || this.aborted) && patched(patch.pauseBeforeWriting)) await this.whenRunning();
  }

  refuseAborted(): void {
    if (this.aborted) throw abortedFailure();
  }

  /**
   * Works on a step. When its retries are used up, or it needs a person, the run waits instead of failing; `work` is
   * then called again with what the person answered.
   */
  async step<T>(name: string, batch: number | null, work: (answered?: Answered) => Promise<T>): Promise<T> {
    for (let answered: Answered | undefined; ; ) {
      try {
        return await work(answered);
      } catch (error) {
        if (isCancellation(error)) throw error;
        if (CancellationScope.current().consideredCancelled) throw cancelledBy(error);
        const failure = stepFailure(error);
        if (failure.next === 'stop') throw error;
        if (failure.code === 'QUOTA_SPENT') {
          await this.#awaitQuota(name, batch, failure);
          continue;
        }
        const answer = await this.#park(name, batch, failure, error);
        answered = { answer, to: failure.code, answerNumber: this.#answers };
      } finally {
        if (this.#waiting.delete(idOf(name, batch))) this.#changed();
      }
    }
  }

  /** A quota returns by itself: nobody is asked, however long it takes. */
  async #awaitQuota(step: string, batch: number | null, { code, message, place }: StepFailure): Promise<void> {
    const nextAttempt = new Date(Date.now() + QUOTA_PAUSE_MS).toISOString();
    this.waits({ step, batch, attempt: 1, code, message, ...(place && { place }), nextAttempt });
    await condition(() => this.aborted, QUOTA_PAUSE_MS);
    this.refuseAborted();
  }

  async #park(step: string, batch: number | null, failure: StepFailure, error: unknown): Promise<Answer> {
    const id = idOf(step, batch);
    const answers = this.#answers;
    this.#waiting.delete(id);
    this.#parked.set(id, { step, batch, ...failure, since: new Date().toISOString() });
    this.#changed();
    try {
      await condition(() => this.#answers > answers || this.aborted);
    } catch (cancelled) {
      if (!this.aborted) throw cancelled;
    } finally {
      this.#parked.delete(id);
      this.#changed();
    }
    if (this.aborted) throw error;
    return this.#answer;
  }
}

/** Between the attempts of a step that has given up on a quota. */
const QUOTA_PAUSE_MS = 300_000;

const idOf = (step: string, batch: number | null): string => `${step}/${batch ?? ''}`;

/** The type of the failure that an `abort` ends a run with. */
export const ABORTED = 'ABORTED';

export const abortedFailure = (): ApplicationFailure => ApplicationFailure.nonRetryable('aborted by a person', ABORTED);

/** A step that failed while it was being cancelled: what ended the run is the cancellation (invariant 11). */
const cancelledBy = (error: unknown): CancelledFailure =>
  new CancelledFailure('cancelled', [], error instanceof Error ? error : undefined);
