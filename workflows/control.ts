import {
  ApplicationFailure,
  CancellationScope,
  CancelledFailure,
  condition,
  isCancellation,
  patched,
} from '@temporalio/workflow';
import type { FailureCode } from '../model/failure/failure.ts';
import type { Parked, Waiting, WaitingStep } from '../model/sync/run-state.ts';
import { type StepFailure, stepFailure } from './failure.ts';
import { patch } from './patches.ts';

/** What a person answers to a run that is parked. */
export type Answer = 'retry' | 'skip';

/** An answer, and its number in this execution: whatever it decides, it decides once. */
interface GivenAnswer {
  readonly answer: Answer;
  readonly answerNumber: number;
}

/** The same, and to which failure it was given. */
export interface Answered extends GivenAnswer {
  readonly to: FailureCode;
}

/** What is asked of a person. */
interface Question {
  readonly parked: Parked;
  given?: GivenAnswer;
}

/**
 * What people have asked of a run, and what the run asks of them. Whoever asks only sets state; the run acts on it.
 */
export class RunControl {
  /** Ends the steps under way when the run is aborted. */
  readonly scope = new CancellationScope({ cancellable: true });
  paused: boolean;
  aborted = false;
  readonly #questions = new Map<string, Question>();
  readonly #waiting = new Map<string, WaitingStep>();
  /** Rises with each answer of a person. */
  #answers = 0;
  readonly #changed: () => void;

  constructor(paused: boolean, changed: () => void) {
    this.paused = paused;
    this.#changed = changed;
  }

  /** The step that waits for a person; of several the first. */
  get parked(): Parked | null {
    const [first] = this.#questions.values();
    return first?.parked ?? null;
  }

  /** The step that is tried again by itself; of several the first. */
  get waiting(): WaitingStep | null {
    const [first] = this.#waiting.values();
    return first ?? null;
  }

  /** Of several steps that wait for a person the one that was shown goes on: nobody was asked about the others. */
  answer(answer: Answer): void {
    const answerNumber = ++this.#answers;
    const open = [...this.#questions.values()].filter(({ given }) => given === undefined);
    const asked = open.length > 1 && patched(patch.answersOneStep) ? open.slice(0, 1) : open;
    for (const question of asked) question.given = { answer, answerNumber };
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
        answered = { ...(await this.#park(name, batch, failure, error)), to: failure.code };
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

  async #park(step: string, batch: number | null, failure: StepFailure, error: unknown): Promise<GivenAnswer> {
    const id = idOf(step, batch);
    const question: Question = { parked: { step, batch, ...failure, since: new Date().toISOString() } };
    this.#waiting.delete(id);
    this.#questions.set(id, question);
    this.#changed();
    try {
      await condition(() => question.given !== undefined || this.aborted);
    } catch (cancelled) {
      if (!this.aborted) throw cancelled;
    } finally {
      this.#questions.delete(id);
      this.#changed();
    }
    if (this.aborted || question.given === undefined) throw error;
    return question.given;
  }
}

/** What a step is told of an answer that decides a write in doubt; nothing of one that was given to something else (invariant 3). */
export const answerToDoubt = (answered: Answered | undefined): Partial<GivenAnswer> =>
  answered?.to === 'OUTCOME_UNKNOWN' ? { answer: answered.answer, answerNumber: answered.answerNumber } : {};

/** Between the attempts of a step that has given up on a quota. */
const QUOTA_PAUSE_MS = 300_000;

const idOf = (step: string, batch: number | null): string => `${step}/${batch ?? ''}`;

/** The type of the failure that an `abort` ends a run with. */
export const ABORTED = 'ABORTED';

export const abortedFailure = (): ApplicationFailure => ApplicationFailure.nonRetryable('aborted by a person', ABORTED);

/** A step that failed while it was being cancelled: what ended the run is the cancellation (invariant 11). */
const cancelledBy = (error: unknown): CancelledFailure =>
  new CancelledFailure('cancelled', [], error instanceof Error ? error : undefined);
