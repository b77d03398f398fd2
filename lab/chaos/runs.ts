import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Client, WorkflowHandle } from '@temporalio/client';
import { defineSearchAttributeKey } from '@temporalio/common';
import { queryName, searchAttribute, signalName, workflowId, workflowType } from '../../model/names.ts';
import type { Parked, RunState } from '../../model/sync/run-state.ts';
import type { Random } from './random.ts';
import type { Ending, RunPlan } from './schedule.ts';

export interface Answers {
  retry: number;
  skip: number;
}

export interface RunEnd {
  /** The run, as the ledger names it. */
  readonly run: string;
  /** The status of the workflow; `stuck` when it went on past the limit. */
  readonly end: string;
  /** It read everything, and nobody kept it from deleting. */
  readonly emptied: boolean;
}

type OneOf<T> = readonly [T, ...T[]];

const LOOK_MS = 200;
const ATTEMPT_MS = 3000;
const statusKey = defineSearchAttributeKey(searchAttribute.status, 'KEYWORD');

/** Runs of one sync, one after the other, and the person who answers when one waits. */
export class Runs {
  /** Answers to writes in doubt in this round. */
  answers: Answers = { retry: 0, skip: 0 };
  /** Runs that were cancelled or wiped out, and answers that were given. */
  readonly fired: Record<string, number> = {};
  readonly #client: Client;
  readonly #queue: string;
  readonly #sync: string;
  readonly #random: Random;
  readonly #inDoubt: OneOf<'retry' | 'skip'>;
  /** What was answered last, so that it is counted once and never answered in two ways. */
  #answered: { readonly id: string; readonly answer: 'retry' | 'skip' } | undefined;

  /** `inDoubt`: how the person answers when a write may have happened. To skip it is to say that it has. */
  constructor(
    client: Client,
    queue: string,
    sync: string,
    random: Random,
    inDoubt: OneOf<'retry' | 'skip'> = ['retry', 'skip'],
  ) {
    this.#inDoubt = inDoubt;
    this.#client = client;
    this.#queue = queue;
    this.#sync = sync;
    this.#random = random;
  }

  /** Runs to an end, whatever it is. `forgets`: the source does, and the person knows. */
  async toEnd(plan: RunPlan, forgets: boolean, untilMs: () => number): Promise<RunEnd> {
    const run = randomUUID();
    const handle = await this.#start(run, plan.full);
    const endAtMs = performance.now() + plan.endAtMs;
    let ended = plan.ending === 'none';
    let kept = forgets || !plan.full;
    while (performance.now() < untilMs()) {
      const now = await attempt(() => handle.describe());
      if (now && now.status.name !== 'RUNNING') return { run, end: now.status.name, emptied: !kept };
      if (!ended && performance.now() > endAtMs) ended = await this.#end(handle, plan.ending);
      if (now?.typedSearchAttributes.get(statusKey) === 'parked') {
        const answer = await this.#answer(handle, forgets);
        if (answer?.to === 'DELETE_GUARD' && answer.answer === 'skip') kept = true;
      }
      await sleep(LOOK_MS);
    }
    return { run, end: 'stuck', emptied: false };
  }

  async #end(handle: WorkflowHandle, ending: Ending): Promise<boolean> {
    const done = await attempt(() => (ending === 'cancel' ? handle.cancel() : handle.terminate()).then(() => true));
    if (done) this.#note(`run: ${ending}`);
    return done ?? false;
  }

  #note(what: string): void {
    this.fired[what] = (this.fired[what] ?? 0) + 1;
  }

  async #start(run: string, full: boolean): Promise<WorkflowHandle> {
    const id = workflowId(this.#sync, run);
    const args = [{ sync: this.#sync, run, trigger: 'torture', full }];
    // A decision that a worker took to its grave is given to another after this.
    const workflowTaskTimeout = '3 seconds';
    for (;;) {
      const started = await attempt(() =>
        this.#client.workflow.start(workflowType.sync, {
          taskQueue: this.#queue,
          workflowId: id,
          args,
          workflowTaskTimeout,
        }),
      );
      if (started) return started;
      // It may have been started although the answer was lost.
      const handle = this.#client.workflow.getHandle(id);
      if (await attempt(() => handle.describe())) return handle;
      await sleep(300);
    }
  }

  /** As a person would who only wants to go on; which of the answers costs a record or doubles one, the checker knows. */
  async #answer(
    handle: WorkflowHandle,
    forgets: boolean,
  ): Promise<{ to: string; answer: 'retry' | 'skip' } | undefined> {
    const parked = (await attempt(() => handle.query<RunState>(queryName.status)))?.parked;
    if (!parked) return undefined;
    const id = `${handle.workflowId} ${parked.step} ${parked.batch} ${parked.since}`;
    if (this.#answered?.id !== id) {
      this.#answered = { id, answer: this.#decide(parked, forgets) };
      // Counted first: the signal may arrive although its answer is lost.
      if (parked.code === 'OUTCOME_UNKNOWN') this.answers[this.#answered.answer]++;
      this.#note(`run: waited, ${parked.code}`);
    }
    const { answer } = this.#answered;
    await attempt(() => handle.signal(signalName[answer]));
    return { to: parked.code, answer };
  }

  #decide({ code }: Parked, forgets: boolean): 'retry' | 'skip' {
    if (code === 'OUTCOME_UNKNOWN') return this.#random.pick(this.#inDoubt);
    // A batch may draw so many bad records that they look like another shape; this source will never mend them.
    if (code === 'SCHEMA_DRIFT') return 'skip';
    return code === 'DELETE_GUARD' && forgets ? 'skip' : 'retry';
  }
}

/** What was asked and not waited for: the client goes on trying, and a connection closed under it would end the yard. */
const asked = new Set<Promise<unknown>>();

/** Waits until nothing asked is under way any more; to be called before the connection is closed. */
export const nothingAsked = async (): Promise<void> => void (await Promise.allSettled(asked));

/** Temporal may be down just now: then there is no answer. */
async function attempt<T>(ask: () => Promise<T>): Promise<T | undefined> {
  const answer = ask();
  asked.add(answer);
  answer.catch(() => {}).finally(() => asked.delete(answer));
  try {
    return await Promise.race([answer, sleep(ATTEMPT_MS).then(() => undefined)]);
  } catch {
    return undefined;
  }
}
