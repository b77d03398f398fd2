import { randomUUID } from 'node:crypto';
import { asyncLocalStorage, type Context } from '@temporalio/activity';
import { z } from 'zod';
import { BatchCache } from '../../activities/cache.ts';
import type { DeliverInput } from '../../activities/deliver.ts';
import type { Dependencies } from '../../activities/dependencies.ts';
import { EncodeAhead } from '../../activities/encode-ahead.ts';
import { type Activities, createActivities } from '../../activities/index.ts';
import type { RemoveInput } from '../../activities/remove.ts';
import type { Counts, RunStatus } from '../../model/batch.ts';
import type { Destination, ItemOutcome, WriteRequest } from '../../model/connector.ts';
import type { DeliveryClass } from '../../model/delivery.ts';
import { failures, isSyncFailure, SyncFailure } from '../../model/failure.ts';
import { policySchema } from '../../model/policy.ts';
import type { LoadedSync } from '../../model/project.ts';
import type { Ledger } from '../../platform/ledger/ledger.ts';
import { arraySource } from './engine.ts';
import { type Fate, SimulatedDestination } from './simulated-destination.ts';

/**
 * One schedule: which call of the steps to the ledger or the destination meets which fault. A call is counted when it
 * begins. `crash` ends the attempt there: nothing of it runs afterwards. `freeze` lets it sleep while a later attempt
 * takes over, and wakes it so many calls later.
 */
export interface Fault {
  readonly at: number;
  readonly what: 'crash before' | 'crash after' | 'freeze';
  /** Calls of others until a frozen attempt wakes. */
  readonly calls: number;
}

export interface SimulatedRun {
  /** Records that change before the run, or come to be, by number. */
  readonly changes: readonly number[];
  /** Records that are deleted from the source before the run. */
  readonly removals: readonly number[];
  /** `breaks`: the first read ends in the middle. `forgets`: the source says that it has none. */
  readonly read: 'whole' | 'breaks' | 'forgets';
  /** The run is cancelled before its n-th attempt to write; null: it goes on to its end. */
  readonly cancelAt: number | null;
  readonly full: boolean;
}

export interface Schedule {
  readonly promise: DeliveryClass;
  readonly faults: readonly Fault[];
  readonly fates: readonly Fate[];
  readonly runs: readonly SimulatedRun[];
}

export interface ClosedRun {
  readonly run: string;
  readonly status: RunStatus;
  readonly counts: Counts;
  /** The cursor, what the source held, and how many effects there had been, at that moment. */
  readonly watermark: number | null;
  readonly truth: readonly z.output<typeof record>[];
  readonly effects: number;
  /** What had been deleted from the source by then. */
  readonly deletions: readonly { readonly id: string; readonly version: number }[];
  /** It read everything, and nobody kept it from deleting what is gone. */
  readonly emptied: boolean;
  /** Requests whose outcome the ledger did not know at that moment. */
  readonly doubts: { readonly writes: number; readonly deletes: number };
}

class Crash extends Error {}

type Answered = Required<Pick<DeliverInput, 'answer' | 'answerNumber'>>;

/** What needs more, of one step or of whoever is asked, never ends. */
const MOST_ATTEMPTS = 60;

interface Attempt {
  dead: boolean;
  /** Resolves `presumedDead`: the silence has lasted too long. */
  readonly presume: () => void;
}

const record = z.object({ id: z.string(), version: z.number(), value: z.string() });
const policy = policySchema.parse({ batchRecords: 6, maxRejectedAtLeast: 1000 });
const deletes = { maxShare: 0.5, atLeast: 3 };
const system = { name: 'sim', kind: 'sim', settings: {}, limits: {}, timeoutMs: 0, maxResponseBytes: 1_000_000 };

/** Works like the workflow: step after step, a new attempt when one has died, a close whatever happened. */
export class Simulation {
  readonly destination: SimulatedDestination;
  readonly source = new Map<string, z.output<typeof record>>();
  readonly closed: ClosedRun[] = [];
  readonly deletions: { readonly id: string; readonly version: number }[] = [];
  readonly sync = `sim-${randomUUID()}`;
  /** Faults that really happened. */
  fired = 0;
  /** What was answered about writes in doubt (T5). */
  readonly answers = { retry: 0, skip: 0 };
  /** Intent first: writes whose intent was not in the ledger. */
  unannounced = 0;
  readonly #schedule: Schedule;
  readonly #ledger: Ledger;
  readonly #loaded: LoadedSync;
  readonly #zombies: Promise<unknown>[] = [];
  /** Attempts that sleep, each until so many calls have been made. */
  #frozen: readonly { readonly until: number; readonly wake: () => void }[] = [];
  /** Of the worker that takes the next attempt: what a dead one had in memory is gone. */
  #cache = new BatchCache(4);
  #read: SimulatedRun['read'] = 'whole';
  #calls = 0;
  #version = 0;
  /** Attempts to write that are left to the run. */
  #attempts = Number.POSITIVE_INFINITY;
  #skippedMs = 0;
  #healed = false;

  constructor(ledger: Ledger, schedule: Schedule) {
    this.#ledger = ledger;
    this.#schedule = schedule;
    this.destination = new SimulatedDestination(schedule.promise, schedule.fates);
    this.#loaded = this.#load();
    for (let n = 0; n < 10; n++) this.#change(n);
  }

  /** All runs of the schedule, then one without faults. */
  async play(): Promise<void> {
    for (const run of this.#schedule.runs) {
      for (const n of run.changes) this.#change(n);
      for (const n of run.removals) this.#delete(n);
      await this.#run(run);
    }
    this.#healed = true;
    this.destination.healed = true;
    this.#wake(Number.POSITIVE_INFINITY);
    await Promise.all(this.#zombies);
    await this.#run({ changes: [], removals: [], read: 'whole', cancelAt: null, full: true });
  }

  #change(n: number): void {
    const version = ++this.#version;
    this.source.set(`r${n}`, { id: `r${n}`, version, value: `v${version}` });
  }

  #delete(n: number): void {
    if (this.source.delete(`r${n}`)) this.deletions.push({ id: `r${n}`, version: ++this.#version });
  }

  async #run({ cancelAt, full, read }: SimulatedRun): Promise<void> {
    const run = randomUUID();
    this.#read = read;
    this.#attempts = cancelAt ?? Number.POSITIVE_INFINITY;
    const plan = await this.#step((steps) => steps.openRun({ sync: this.sync, run, trigger: 'test', full }));
    let status: RunStatus = 'succeeded';
    let emptied = false;
    try {
      if ('doubts' in plan)
        await this.#answered((answered) => this.#writing((steps) => steps.settleLeft({ run, seq: 0, ...answered })));
      await this.#batches(run);
      if ('deletes' in plan) emptied = (await this.#remove(run, read === 'forgets')) && read !== 'forgets';
      const { counts } = await this.#step((steps) => steps.reconcileRun({ run }));
      if (counts.quarantined > 0) status = 'partial';
    } catch (error) {
      if (!isSyncFailure(error)) throw error;
      status = error.message === cancelled ? 'cancelled' : 'failed';
    }
    const reconciled = { checked: 0, missing: 0, extra: 0, different: 0 };
    const counts = await this.#step((steps) => steps.closeRun({ run, status, reconciled, failure: null }));
    const { rows } = await this.#ledger.pool.query('select watermark from syncs where name = $1', [this.sync]);
    const watermark: number | null = rows[0]?.watermark?.value ?? null;
    const effects = this.destination.effects.length;
    const truth = [...this.source.values()];
    const doubts = await this.#doubts();
    this.closed.push({
      run,
      status,
      counts,
      watermark,
      truth,
      effects,
      deletions: [...this.deletions],
      emptied,
      doubts,
    });
  }

  async #doubts(): Promise<ClosedRun['doubts']> {
    const { rows } = await this.#ledger.pool.query<ClosedRun['doubts']>(
      `select count(*) filter (where i.seq > 0)::int as writes, count(*) filter (where i.seq = 0)::int as deletes
       from intents i join runs r on r.id = i.run join syncs s on s.id = r.sync_id
       where s.name = $1 and i.state in ('open', 'unknown')`,
      [this.sync],
    );
    return rows[0] ?? { writes: 0, deletes: 0 };
  }

  /** One attempt to write, unless the run is cancelled before it. */
  #writing<T>(work: (steps: Activities) => Promise<T>): Promise<T> {
    return this.#step((steps) => {
      if (--this.#attempts === 0) throw new SyncFailure('HOLD_LOST', cancelled);
      return work(steps);
    });
  }

  async #batches(run: string): Promise<void> {
    for (let seq = 1; ; seq++) {
      const ref = { run, seq };
      const { records, complete } = await this.#step((steps) => steps.fetchBatch(ref));
      if (records > 0) {
        await this.#step((steps) => steps.validateBatch(ref));
        await this.#step((steps) => steps.transformBatch(ref));
        await this.#answered((answered) => this.#writing((steps) => steps.deliverBatch({ ...ref, ...answered })));
      }
      if (complete) return;
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
      let presume = () => {};
      const presumedDead = new Promise<void>((resolve) => {
        presume = resolve;
      });
      const attempt: Attempt = { dead: false, presume };
      const steps = createActivities(this.#dependencies(attempt));
      const working = asyncLocalStorage.run(context(number), async () => ({ result: await work(steps) }));
      try {
        const ended = await Promise.race([working, presumedDead]);
        if (ended) return ended.result;
        this.#zombies.push(working.catch(() => {}));
      } catch (error) {
        if (error instanceof Crash) continue;
        if (!isSyncFailure(error) || !/retry|wait/.test(failures[error.code].next)) throw error;
      }
    }
    throw new Error('the step never ends');
  }

  #dependencies(attempt: Attempt): Dependencies {
    const gated = <T extends object>(name: string, target: T): T =>
      new Proxy(target, {
        get: (object, property, receiver) => {
          const value = Reflect.get(object, property, receiver);
          if (typeof value !== 'function' || property === 'ofRun') return value;
          return (...args: unknown[]) =>
            this.#gate(attempt, `${name}.${String(property)}`, () => Reflect.apply(value, object, args));
        },
      });
    const { runs, staging, deliveries, deletes, quarantine } = this.#ledger;
    const destination = this.destination.open();
    const loaded: LoadedSync = {
      ...this.#loaded,
      openDestination: () =>
        gated('destination', { ...destination, write: (request) => this.#announced(destination, request) }),
    };
    return {
      projects: { current: async () => loaded, version: async () => loaded },
      world: { toolsFor: () => Promise.reject(new Error('no tools')) as never },
      ledger: {
        ...this.#ledger,
        runs: gated('runs', runs),
        staging: gated('staging', staging),
        deliveries: gated('deliveries', deliveries),
        deletes: gated('deletes', deletes),
        quarantine: gated('quarantine', quarantine),
      },
      cache: this.#cache,
      encodeAhead: new EncodeAhead(),
      isWorkflowOpen: async () => false,
      hurry: async () => {},
      ticksOf: async () => [],
      bulkhead: { hold: (_connection, work) => work() },
      now: () => Date.now() + this.#skippedMs,
      log: { debug() {}, info() {}, warn() {}, error() {} },
    };
  }

  async #announced(destination: Destination, request: WriteRequest): Promise<readonly ItemOutcome[]> {
    const { rowCount } = await this.#ledger.pool.query('select from intents where request_id = $1', [request.id]);
    if (rowCount === 0) this.unannounced++;
    return destination.write(request);
  }

  async #gate(attempt: Attempt, name: string, call: () => Promise<unknown>): Promise<unknown> {
    if (attempt.dead) throw new Crash();
    const at = ++this.#calls;
    this.#wake(at);
    const fault = this.#healed ? undefined : this.#schedule.faults.find((one) => one.at === at);
    if (fault?.what === 'crash before') this.#crash(attempt);
    if (fault?.what === 'freeze' && this.#mayFreeze(name)) await this.#freeze(attempt, at + fault.calls);
    const result = await call();
    if (fault?.what === 'crash after' || attempt.dead) this.#crash(attempt);
    return result;
  }

  #crash(attempt: Attempt): never {
    attempt.dead = true;
    this.#cache = new BatchCache(4);
    this.fired++;
    throw new Crash();
  }

  /** Between its last look at the clock and the wire nothing can stop a writer: T3 and T4 cannot refuse it there. */
  #mayFreeze(name: string): boolean {
    return name !== 'destination.write' || this.#schedule.promise === 'T1' || this.#schedule.promise === 'T2';
  }

  async #freeze(attempt: Attempt, until: number): Promise<void> {
    this.fired++;
    this.#skippedMs += 60_000;
    this.#cache = new BatchCache(4);
    attempt.presume();
    if (this.#healed) return;
    await new Promise<void>((wake) => (this.#frozen = [...this.#frozen, { until, wake }]));
  }

  #wake(until: number): void {
    for (const frozen of this.#frozen) if (frozen.until <= until) frozen.wake();
    this.#frozen = this.#frozen.filter((frozen) => frozen.until > until);
  }

  #load(): LoadedSync {
    const endpoint = { kind: 'sim', connection: 'sim', options: {} };
    const mapping = {
      from: record,
      to: record,
      version: '1',
      run: (one: unknown) => ({ state: 'mapped', record: one }),
    };
    const records = () => [...this.source.values()].sort((a, b) => a.version - b.version);
    const source = arraySource(() => (this.#read === 'forgets' ? [] : records()), {
      pageSize: 3,
      fail: (page) => {
        if (this.#read !== 'breaks' || page === 0) return;
        this.#read = 'whole';
        throw new SyncFailure('CONNECTION_LOST', 'the read ended in the middle', { effect: 'none' });
      },
    });
    return {
      name: this.sync,
      file: 'syncs/sim.ts',
      sync: { source: endpoint, destination: endpoint, key: '/id', version: '/version', mapping, deletes } as never,
      policy,
      mode: 'incremental',
      overlapMs: 0,
      sourceConnection: system,
      destinationConnection: system,
      openSource: () => source,
      openDestination: () => this.destination.open(),
      version: '1',
    };
  }
}

const cancelled = 'cancelled by the schedule';

const context = (attempt: number): Context =>
  ({
    info: { attempt, workflowExecution: { workflowId: 'sim', runId: 'sim' }, heartbeatTimeoutMs: 10_000 },
    cancellationSignal: new AbortController().signal,
    heartbeat() {},
  }) as unknown as Context;
