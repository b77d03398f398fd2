import { randomUUID } from 'node:crypto';
import type { Destination } from '../../model/connector/connector.ts';
import type { FailureCode } from '../../model/failure/failure.ts';
import type { Counts } from '../../model/sync/batch.ts';
import type { Ledger } from '../../platform/ledger/ledger.ts';
import { foldOf } from '../vices/destination.ts';
import { recordsAtFirst } from '../vices/options.ts';
import { type Account, falsehoods, type Kept } from '../vices/oracle.ts';
import { saidOf } from '../vices/said.ts';
import { BETWEEN_RUNS_MS, ViciousSource } from '../vices/source.ts';
import type { Vice } from '../vices/vice.ts';
import { Attempts } from './attempts.ts';
import { Faults } from './faults.ts';
import { inProcess } from './in-process-http.ts';
import { NotedRequests } from './noted-requests.ts';
import type { Schedule, SimulatedRun } from './schedule.ts';
import type { ViciousEnd } from './vicious-end.ts';
import { viciousService } from './vicious-service.ts';
import { viciousSync } from './vicious-sync.ts';
import { viciousTable } from './vicious-table.ts';
import type { Warehouse } from './warehouse.ts';
import { simulatedWorker } from './worker.ts';
import { SimulatedWorkflow } from './workflow.ts';

/** Of the clock of the source, before now: no run of a schedule takes it past that. */
const BEGINS_MS = 20 * BETWEEN_RUNS_MS;

/** A schedule on systems with vices: after each run the oracle compares both sides with what the run says. */
export class ViciousSimulation {
  /** What the oracle found, in words. */
  readonly words: string[] = [];
  readonly sync = `vice-${randomUUID()}`;
  readonly noted: NotedRequests;
  readonly answers = { retry: 0, skip: 0 };
  readonly counts: Counts[] = [];
  readonly #source: ViciousSource;
  readonly #faults: Faults;
  readonly #schedule: Schedule;
  readonly #ledger: Ledger;
  readonly #warehouse: Warehouse;
  readonly #vices: ReadonlySet<Vice>;
  /** Records that were sent. */
  #sent = 0;
  /** Whoever is asked mends the destination, and does not give up. */
  #mends = true;
  #isPeace = false;

  constructor(ledger: Ledger, warehouse: Warehouse, schedule: Schedule) {
    this.#ledger = ledger;
    this.#warehouse = warehouse;
    this.#schedule = schedule;
    this.#vices = new Set(schedule.vices);
    this.noted = new NotedRequests(ledger.pool);
    this.#faults = new Faults(schedule);
    this.#source = new ViciousSource(this.#vices, Date.now() - BEGINS_MS);
    for (let n = 0; n < recordsAtFirst(this.#vices); n++) this.#source.change(n);
  }

  get fired(): number {
    return this.#faults.fired;
  }

  async play(): Promise<void> {
    const end = await this.#openEnd();
    try {
      await this.#playTo(end);
    } finally {
      await end.close();
    }
  }

  #openEnd(): ViciousEnd | Promise<ViciousEnd> {
    const { promise } = this.#schedule;
    const fates = [...this.#schedule.fates];
    const fateOf = () => (this.#isPeace ? undefined : fates.shift()) ?? 'done';
    if (promise === 'T1')
      return viciousTable(this.#warehouse.pool, this.sync.replaceAll('-', '_'), this.#vices, fateOf);
    return viciousService(promise, this.#vices, () => this.#source.nowMs, fateOf);
  }

  /** All runs of the schedule; then the vices end, and three runs in which nothing breaks follow. */
  async #playTo(end: ViciousEnd): Promise<void> {
    const source = this.#source;
    const http = inProcess({ nowMs: () => source.nowMs, answer: (asked) => source.answer(asked) });
    const sync = viciousSync(this.sync, this.#schedule.promise, this.#vices, http, () =>
      this.#faults.destination(this.noted.writesOf(this.#counted(end.open()))),
    );
    const attempts = new Attempts(this.#faults, simulatedWorker(sync, this.#ledger.pool, this.#faults, this.noted));
    const workflow = new SimulatedWorkflow(this.sync, attempts, (code) => this.#answer(code, end));
    for (const run of this.#schedule.runs) {
      this.#mends = run.cancelAt === null;
      source.meanwhile(run);
      await this.#run(workflow, end, run, 'none');
      if (!this.#mends) await end.mend();
      source.pass();
      end.rest();
    }
    this.#isPeace = true;
    await end.heal();
    source.heal();
    await attempts.heal();
    const fullFirst = this.#schedule.peace === 'full first';
    const peaceful = [
      ['first', fullFirst],
      ['second', !fullFirst],
      ['last', true],
    ] as const;
    for (const [peace, full] of peaceful) {
      await this.#run(workflow, end, { cancelAt: null, full }, peace);
      source.pass();
      end.rest();
    }
  }

  #counted(destination: Destination): Destination {
    const write: Destination['write'] = (request) => {
      this.#sent += request.items.length;
      return destination.write(request);
    };
    return { ...destination, write };
  }

  async #run(
    workflow: SimulatedWorkflow,
    end: ViciousEnd,
    run: Pick<SimulatedRun, 'cancelAt' | 'full'>,
    peace: Account['peace'],
  ): Promise<void> {
    const before = this.#source.records;
    const sentBefore = this.#sent;
    const ended = await workflow.run(run);
    this.counts.push(ended.counts);
    const after = this.#source.records;
    const { status, said } = await saidOf(this.#ledger.pool, ended.run);
    const found = falsehoods({
      status,
      said,
      truth: [...after].filter((record) => before.has(record)).map(kept),
      live: new Set([...before, ...after].map(({ id }) => id)),
      rows: await end.rows(),
      fold: foldOf(this.#vices),
      emptied: ended.emptied && this.answers.retry === 0,
      repeats: this.#vices.has('repeated-key'),
      sent: this.#sent - sentBefore,
      peace,
    });
    this.words.push(...found.map((words) => `vices ${[...this.#vices].join(', ')}: ${words}`));
  }

  /** What is asked costs nothing here: keys are unique, so that a record that is sent again is the same. */
  async #answer(code: FailureCode, end: ViciousEnd): Promise<'retry' | undefined> {
    if (code === 'OUTCOME_UNKNOWN') this.answers.retry++;
    if (!end.isClosed || !refusals.has(code)) return 'retry';
    if (!this.#mends) return undefined;
    await end.mend();
    return 'retry';
  }
}

/** What a destination that takes nothing makes a run wait for. */
const refusals: ReadonlySet<FailureCode> = new Set<FailureCode>(['TOO_MANY_REJECTED', 'REQUEST_REJECTED']);

const kept = ({ id, text }: { readonly id: string; readonly text: string }): Kept => ({ key: id, text });
