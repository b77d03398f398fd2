import { randomUUID } from 'node:crypto';
import type { FailureCode } from '../../model/failure/failure.ts';
import type { DeliveryClass } from '../../model/sync/delivery.ts';
import type { Ledger } from '../../platform/ledger/ledger.ts';
import { Attempts } from './attempts.ts';
import { type BetweenRuns, betweenRuns } from './between-runs.ts';
import { SimulatedDestination } from './destination.ts';
import { Faults } from './faults.ts';
import { NotedRequests } from './noted-requests.ts';
import type { Schedule, SimulatedRun } from './schedule.ts';
import { type SimulatedRecord, SimulatedSource } from './source.ts';
import { simulatedSync } from './sync.ts';
import { simulatedWorker } from './worker.ts';
import { type RunEnd, SimulatedWorkflow } from './workflow.ts';

/** `emptied`: and the source was right about what is gone. */
export interface ClosedRun extends BetweenRuns, RunEnd {
  /** What the source held, and how many effects there had been, at that moment. */
  readonly truth: readonly SimulatedRecord[];
  readonly effects: number;
  /** What had been deleted from the source by then. */
  readonly deletions: readonly { readonly id: string; readonly version: number }[];
}

/** Records of the source at the beginning. */
const RECORDS = 10;

/** A schedule on sound systems: what goes wrong is seen by whoever calls. */
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
  readonly #attempts: Attempts;
  readonly #workflow: SimulatedWorkflow;

  constructor(ledger: Ledger, schedule: Schedule) {
    this.promise = schedule.promise;
    this.#ledger = ledger;
    this.#schedule = schedule;
    this.noted = new NotedRequests(ledger.pool);
    this.#faults = new Faults(schedule);
    this.destination = new SimulatedDestination(schedule.promise, schedule.fates);
    const destination = this.#faults.destination(this.noted.writesOf(this.destination.open()));
    const sync = simulatedSync(this.sync, this.#source, destination);
    this.#attempts = new Attempts(this.#faults, simulatedWorker(sync, ledger.pool, this.#faults, this.noted));
    this.#workflow = new SimulatedWorkflow(this.sync, this.#attempts, (code) => this.#answer(code));
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
    await this.#attempts.heal();
    await this.#run({ changes: [], removals: [], read: 'whole', cancelAt: null, full: true });
  }

  async #run(run: SimulatedRun): Promise<void> {
    this.#source.read = run.read;
    const end = await this.#workflow.run(run);
    this.closed.push({
      ...end,
      emptied: end.emptied && run.read !== 'forgets',
      truth: [...this.#source.records.values()],
      effects: this.destination.effects.length,
      deletions: [...this.#source.deletions],
      ...(await betweenRuns(this.#ledger.pool, this.sync)),
    });
  }

  /**
   * Whoever is asked about a write in doubt answers one way, then the other; and whoever is asked whether so much may be
   * deleted knows whether the source is right.
   */
  #answer(code: FailureCode): 'retry' | 'skip' {
    if (code === 'DELETE_GUARD') return this.#source.read === 'forgets' ? 'skip' : 'retry';
    if (code !== 'OUTCOME_UNKNOWN') return 'retry';
    const answer = (this.answers.retry + this.answers.skip) % 2 === 0 ? 'skip' : 'retry';
    this.answers[answer]++;
    return answer;
  }
}
