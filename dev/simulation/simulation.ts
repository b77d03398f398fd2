import { randomUUID } from 'node:crypto';
import type { DeliverInput } from '../../activities/deliver.ts';
import type { Dependencies } from '../../activities/dependencies.ts';
import type { FetchInput } from '../../activities/fetch-or-close.ts';
import { type Activities, createActivities } from '../../activities/index.ts';
import type { RemoveInput } from '../../activities/remove.ts';
import { type Counts, nothingChecked, type RunStatus } from '../../model/batch.ts';
import type { DeliveryClass } from '../../model/delivery.ts';
import { failures, isSyncFailure, SyncFailure } from '../../model/failure.ts';
import type { Ledger } from '../../platform/ledger/ledger.ts';
import { SimulatedDestination } from './destination.ts';
import { Attempt, Faults } from './faults.ts';
import { NotedRequests } from './noted-requests.ts';
import type { Schedule, SimulatedRun } from './schedule.ts';
import { type SimulatedRecord, SimulatedSource } from './source.ts';
import { type Standing, standingOf } from './standing.ts';
import { simulatedSync } from './sync.ts';
import { simulatedWorker } from './worker.ts';

export interface ClosedRun extends Standing {
  readonly run: string;
  readonly status: RunStatus;
  readonly counts: Counts;
  /** What the source held, and how many effects there had been, at that moment. */
  readonly truth: readonly SimulatedRecord[];
  readonly effects: number;
  /** What had been deleted from the source by then. */
  readonly deletions: readonly { readonly id: string; readonly version: number }[];
  /** It read everything, and nobody kept it from deleting what is gone. */
  readonly emptied: boolean;
}

type Answered = Required<Pick<DeliverInput, 'answer' | 'answerNumber'>>;

/** What needs more, of one step or of whoever is asked, never ends. */
const MOST_ATTEMPTS = 60;
/** Records of the source at the beginning. */
const RECORDS = 10;

/** Works like the workflow: step after step, a new attempt when one has died, a close whatever happened. */
export class Simulation {
  readonly promise: DeliveryClass;
  readonly destination: SimulatedDestination;
  readonly closed: ClosedRun[] = [];
  readonly sync = `sim-${randomUUID()}`;
  /** What was answered about writes in doubt (T5). */
  readonly answers = { retry: 0, skip: 0 };
  readonly noted: NotedRequests;
  readonly #source = new SimulatedSource();
  readonly #faults: Faults;
  readonly #schedule: Schedule;
  readonly #ledger: Ledger;
  readonly #shared: Omit<Dependencies, 'cache'>;
  readonly #zombies: Promise<unknown>[] = [];
  /** Attempts to write that are left to the run. */
  #attempts = Number.POSITIVE_INFINITY;

  constructor(ledger: Ledger, schedule: Schedule) {
    this.promise = schedule.promise;
    this.#ledger = ledger;
    this.#schedule = schedule;
    this.noted = new NotedRequests(ledger.pool);
    this.#faults = new Faults(schedule);
    this.destination = new SimulatedDestination(schedule.promise, schedule.fates);
    const destination = this.#faults.destination(this.noted.writesOf(this.destination.open()));
    const sync = simulatedSync(this.sync, this.#source, destination);
    this.#shared = simulatedWorker(sync, ledger.pool, this.#faults, this.noted);
    for (let n = 0; n < RECORDS; n++) this.#source.change(n);
  }

  /** Faults that really happened. */
  get fired(): number {
    return this.#faults.fired;
  }

  /** All runs of the schedule, then one without faults. */
  async play(): Promise<void> {
    for (const run of this.#schedule.runs) {
      for (const n of run.changes) this.#source.change(n);
      for (const n of run.removals) this.#source.delete(n);
      await this.#run(run);
    }
    this.destination.healed = true;
    this.#faults.heal();
    await Promise.all(this.#zombies);
    await this.#run({ changes: [], removals: [], read: 'whole', cancelAt: null, full: true });
  }

  async #run({ cancelAt, full, read }: SimulatedRun): Promise<void> {
    const run = randomUUID();
    this.#source.read = read;
    this.#attempts = cancelAt ?? Number.POSITIVE_INFINITY;
    const plan = await this.#step((steps) => steps.openRun({ sync: this.sync, run, trigger: 'test', full }));
    let status: RunStatus = 'succeeded';
    let emptied = false;
    try {
      if ('doubts' in plan)
        await this.#answered((answered) => this.#writing((steps) => steps.settleLeft({ run, seq: 0, ...answered })));
      const closed = await this.#batches(run, !('deletes' in plan || 'doubts' in plan));
      if (closed) return this.#ended({ run, status, counts: closed, emptied });
      if ('deletes' in plan) emptied = (await this.#remove(run, read === 'forgets')) && read !== 'forgets';
      const { counts } = await this.#step((steps) => steps.reconcileRun({ run }));
      if (counts.quarantined > 0) status = 'partial';
    } catch (error) {
      if (!isSyncFailure(error)) throw error;
      status = error.message === cancelled ? 'cancelled' : 'failed';
    }
    const counts = await this.#step((steps) =>
      steps.closeRun({ run, status, reconciled: nothingChecked, failure: null }),
    );
    await this.#ended({ run, status, counts, emptied });
  }

  async #ended(end: Pick<ClosedRun, 'run' | 'status' | 'counts' | 'emptied'>): Promise<void> {
    this.closed.push({
      ...end,
      truth: [...this.#source.records.values()],
      effects: this.destination.effects.length,
      deletions: [...this.#source.deletions],
      ...(await standingOf(this.#ledger.pool, this.sync)),
    });
  }

  /** One attempt to write, unless the run is cancelled before it. */
  #writing<T>(work: (steps: Activities) => Promise<T>): Promise<T> {
    return this.#step((steps) => {
      if (--this.#attempts === 0) throw new SyncFailure('HOLD_LOST', cancelled);
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

  /** Whoever is asked whether so much may be deleted knows whether the source is right. */
  async #remove(run: string, forgets: boolean): Promise<boolean> {
    for (let answered: RemoveInput['answered']; ; ) {
      try {
        await this.#writing((steps) => steps.removeMissing(answered ? { run, answered } : { run }));
        return answered?.answer !== 'skip';
      } catch (error) {
        if (!isSyncFailure(error) || failures[error.code].next !== 'park') throw error;
        const skip = error.code === 'DELETE_GUARD' && forgets;
        answered = { answer: skip ? 'skip' : 'retry', to: error.code };
      }
    }
  }

  /** Whoever is asked about a write in doubt answers one way, then the other. */
  async #answered(work: (answered?: Answered) => Promise<unknown>): Promise<void> {
    let answered: Answered | undefined;
    for (let asked = 0; asked < MOST_ATTEMPTS; asked++) {
      try {
        await work(answered);
        return;
      } catch (error) {
        if (!isSyncFailure(error) || error.code !== 'OUTCOME_UNKNOWN') throw error;
        const answerNumber = this.answers.retry + this.answers.skip + 1;
        const answer = answerNumber % 2 === 1 ? 'skip' : 'retry';
        this.answers[answer]++;
        answered = { answer, answerNumber };
      }
    }
    throw new Error('whoever is asked is asked for ever');
  }

  /** One step, attempt after attempt, as Temporal would. */
  async #step<T>(work: (steps: Activities) => Promise<T>): Promise<T> {
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
}

function deferred(): { readonly promise: Promise<void>; readonly resolve: () => void } {
  let resolve = () => {};
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}

const cancelled = 'cancelled by the schedule';
