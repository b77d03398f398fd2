import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Client, WorkflowHandle } from '@temporalio/client';
import { queryName, signalName, workflowId, workflowType } from '../../model/names.ts';
import type { RunState } from '../../model/run-state.ts';
import type { YardClass } from './project.ts';
import type { Random } from './random.ts';

export interface Answers {
  retry: number;
  skip: number;
}

/** What is done to a run besides: it is cancelled, or its workflow is wiped out as if Temporal had lost it. */
export type Ending = 'none' | 'cancel' | 'terminate';

/** Runs of one sync, one after the other, and the person who answers when one waits. */
export class Runs {
  readonly answers: Answers = { retry: 0, skip: 0 };
  readonly parked: Record<string, number> = {};
  readonly #client: Client;
  readonly #queue: string;
  readonly #sync: YardClass;
  readonly #random: Random;

  constructor(client: Client, queue: string, sync: YardClass, random: Random) {
    this.#client = client;
    this.#queue = queue;
    this.#sync = sync;
    this.#random = random;
  }

  /** Runs to an end, whatever it is. Answers the status of the workflow; `stuck` when it goes on past the limit. */
  async toEnd(ending: Ending, untilMs: () => number): Promise<string> {
    const handle = await this.#start();
    const from = performance.now();
    const endAtMs = from + this.#random.int(300, 6000);
    let ended = ending === 'none';
    while (performance.now() < untilMs()) {
      const status = await attempt(async () => (await handle.describe()).status.name);
      if (status !== undefined && status !== 'RUNNING') return status;
      if (!ended && performance.now() > endAtMs)
        ended =
          (await attempt(() => (ending === 'cancel' ? handle.cancel() : handle.terminate()).then(() => true))) ?? false;
      await this.#answer(handle);
      await sleep(200);
    }
    return 'stuck';
  }

  async #start(): Promise<WorkflowHandle> {
    const run = randomUUID();
    const id = workflowId(this.#sync, run);
    const args = [{ sync: this.#sync, run, trigger: 'torture', full: this.#random.chance(0.3) }];
    for (;;) {
      const started = await attempt(() =>
        this.#client.workflow.start(workflowType.sync, { taskQueue: this.#queue, workflowId: id, args }),
      );
      if (started) return started;
      // It may have been started although the answer was lost.
      const handle = this.#client.workflow.getHandle(id);
      if (await attempt(() => handle.describe())) return handle;
      await sleep(300);
    }
  }

  /** As a person would who only wants to go on; which of the two costs a record or doubles one, the checker knows. */
  async #answer(handle: WorkflowHandle): Promise<void> {
    const parked = (await attempt(() => handle.query<RunState>(queryName.status)))?.parked;
    if (!parked) return;
    const { code } = parked;
    const answer = code === 'OUTCOME_UNKNOWN' ? this.#random.pick(['retry', 'skip'] as const) : 'retry';
    // Counted first: the signal may arrive although its answer is lost.
    if (code === 'OUTCOME_UNKNOWN') this.answers[answer]++;
    this.parked[code] = (this.parked[code] ?? 0) + 1;
    await attempt(() => handle.signal(signalName[answer]));
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
    return await Promise.race([answer, sleep(3000).then(() => undefined)]);
  } catch {
    return undefined;
  }
}
