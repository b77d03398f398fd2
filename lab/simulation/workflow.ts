import { randomUUID } from 'node:crypto';
import type { FetchInput } from '../../activities/fetch-or-close.ts';
import type { Activities } from '../../activities/index.ts';
import type { RemoveInput } from '../../activities/remove.ts';
import type { DeliverInput } from '../../engine/delivery/delivery.ts';
import { type FailureCode, failures, isSyncFailure, SyncFailure } from '../../model/failure/failure.ts';
import { type Counts, nothingChecked, type Reconciled, type RunStatus } from '../../model/sync/batch.ts';
import { type Attempts, MOST_ATTEMPTS } from './attempts.ts';
import type { SimulatedRun } from './schedule.ts';

export interface RunEnd {
  readonly run: string;
  readonly status: RunStatus;
  readonly counts: Counts;
  /** It read everything, and nobody kept it from deleting what is gone. */
  readonly emptied: boolean;
}

/** Whoever is asked when a run waits. Undefined: the run is given up. */
export type Person = (code: FailureCode) => Answer | undefined | Promise<Answer | undefined>;

type Answer = 'retry' | 'skip';

type Answered = Required<Pick<DeliverInput, 'answer' | 'answerNumber'>>;

/** Works like the workflow: step after step, and a close whatever happened. */
export class SimulatedWorkflow {
  readonly #sync: string;
  readonly #attempts: Attempts;
  readonly #person: Person;
  /** Answers given so far. */
  #answers = 0;
  /** Attempts to write that are left to the run. */
  #writes = Number.POSITIVE_INFINITY;

  constructor(sync: string, attempts: Attempts, person: Person) {
    this.#sync = sync;
    this.#attempts = attempts;
    this.#person = person;
  }

  async run({ cancelAt, full }: Pick<SimulatedRun, 'cancelAt' | 'full'>): Promise<RunEnd> {
    const run = randomUUID();
    this.#writes = cancelAt ?? Number.POSITIVE_INFINITY;
    const plan = await this.#step((steps) => steps.openRun({ sync: this.#sync, run, trigger: 'test', full }));
    let status: RunStatus = 'succeeded';
    let emptied = false;
    let reconciled: Reconciled = nothingChecked;
    try {
      if ('doubts' in plan)
        await this.#answered((answered) => this.#writing((steps) => steps.settleLeft({ run, seq: 0, ...answered })));
      const closed = await this.#batches(run, !('deletes' in plan || 'doubts' in plan || 'unagreed' in plan));
      if (closed) return { run, status, counts: closed, emptied };
      if ('deletes' in plan) emptied = await this.#remove(run);
      const result = await this.#answered((answered) =>
        this.#writing((steps) => steps.reconcileRun({ run, ...answered })),
      );
      reconciled = result.reconciled;
      if (result.partial || result.counts.quarantined + reconciled.missing > 0) status = 'partial';
    } catch (error) {
      if (!isSyncFailure(error)) throw error;
      status = error.message === cancelled ? 'cancelled' : 'failed';
    }
    const counts = await this.#step((steps) => steps.closeRun({ run, status, reconciled, failure: null }));
    return { run, status, counts, emptied };
  }

  /** One attempt to write, unless the run is cancelled before it. */
  #writing<T>(work: (steps: Activities) => Promise<T>): Promise<T> {
    return this.#step((steps) => {
      if (--this.#writes === 0) throw new SyncFailure('HOLD_LOST', cancelled);
      return work(steps);
    });
  }

  /** The counts of a run that ended because its source has nothing. */
  async #batches(run: string, mayEndEmpty: boolean): Promise<Counts | undefined> {
    for (let seq = 1; ; seq++) {
      const ref = { run, seq };
      const input: FetchInput = seq === 1 && mayEndEmpty ? { ...ref, closeEmpty: true } : ref;
      const { records, complete, closed } = await this.#step((steps) => steps.fetchBatch(input));
      if (closed) return closed;
      if (records > 0) {
        await this.#step((steps) => steps.validateBatch(ref));
        await this.#step((steps) => steps.transformBatch(ref));
        await this.#answered((answered) => this.#writing((steps) => steps.deliverBatch({ ...ref, ...answered })));
      }
      if (complete) return undefined;
    }
  }

  /** Answers whether what is gone could be deleted. */
  async #remove(run: string): Promise<boolean> {
    for (let answered: RemoveInput['answered']; ; ) {
      try {
        await this.#writing((steps) => steps.removeMissing(answered ? { run, answered } : { run }));
        return answered?.answer !== 'skip';
      } catch (error) {
        const answer = await this.#ask(error);
        answered = { answer, to: codeOf(error), answerNumber: ++this.#answers };
      }
    }
  }

  async #answered<T>(work: (answered?: Answered) => Promise<T>): Promise<T> {
    let answered: Answered | undefined;
    for (let asked = 0; asked < MOST_ATTEMPTS; asked++) {
      try {
        return await work(answered);
      } catch (error) {
        const answer = await this.#ask(error);
        answered = codeOf(error) === 'OUTCOME_UNKNOWN' ? { answer, answerNumber: ++this.#answers } : undefined;
      }
    }
    throw new Error('whoever is asked is asked for ever');
  }

  /** What is answered to a step that waits; what does not wait, or is given up, fails. */
  async #ask(error: unknown): Promise<Answer> {
    const waits = isSyncFailure(error) && failures[error.code].next === 'park';
    const answer = waits ? await this.#person(error.code) : undefined;
    if (answer === undefined) throw error;
    return answer;
  }

  #step<T>(work: (steps: Activities) => Promise<T>): Promise<T> {
    return this.#attempts.step(work);
  }
}

const codeOf = (error: unknown): FailureCode => (isSyncFailure(error) ? error.code : 'INTERNAL');

const cancelled = 'cancelled by the schedule';
