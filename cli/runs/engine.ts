import { Client, Connection } from '@temporalio/client';
import proto from '@temporalio/proto';
import { taskQueueOf } from '../../platform/foundation/config.ts';
import { type Ledger, openLedger } from '../../platform/ledger/ledger.ts';
import { registerSearchAttributes } from '../../platform/temporal/connection.ts';
import { openStack, type Stack } from '../../stack/stack.ts';
import { startWorkerProcess } from '../../stack/worker-process.ts';
import type { CliContext } from '../context.ts';

/** The engine as a command uses it: the stack that is up, or one for the command's own duration. */
export interface Engine {
  readonly stack: Stack;
  readonly client: Client;
  readonly taskQueue: string;
  readonly ledger: Ledger;
  /** Starts a worker when none polls; says whether it did. It ends with the engine. */
  ensureWorker(): Promise<boolean>;
  /** Starts a worker, whatever seems to poll: a worker that died is listed as a poller for a minute. */
  startWorker(): Promise<void>;
  close(): Promise<void>;
}

/** Works with the engine, and closes it whatever comes of the work. */
export async function withEngine<T>(context: CliContext, work: (engine: Engine) => Promise<T>): Promise<T> {
  const engine = await openEngine(context);
  try {
    return await work(engine);
  } finally {
    await engine.close();
  }
}

async function openEngine(context: CliContext): Promise<Engine> {
  const stack = await openStack(context);
  const closers: (() => Promise<unknown>)[] = [() => stack.stop()];
  const close = async () => {
    for (const closer of closers.splice(0).reverse()) await closer();
  };
  try {
    const connection = await Connection.connect({ address: stack.temporalAddress });
    closers.push(() => connection.close());
    const client = new Client({ connection, namespace: stack.namespace });
    await registerSearchAttributes({ client, connection, namespace: stack.namespace, close: async () => {} });
    const ledger = await openLedger(stack.databaseUrl);
    closers.push(() => ledger.close());
    const taskQueue = taskQueueOf(context.env);
    const startWorker = async () => {
      const worker = await context.progress.step('Starting a worker', () =>
        startWorkerProcess(context.projectFolder, stack, context.env),
      );
      closers.push(() => worker.stop());
    };
    return {
      stack,
      client,
      taskQueue,
      ledger,
      async ensureWorker() {
        if (await isPolled(client, taskQueue)) return false;
        await startWorker();
        return true;
      },
      startWorker,
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** A poller that has not asked for this long is gone: a long poll lasts a minute at most. */
const POLLER_SILENT_MS = 70_000;

async function isPolled(client: Client, taskQueue: string): Promise<boolean> {
  const { pollers } = await client.workflowService.describeTaskQueue({
    namespace: client.options.namespace,
    taskQueue: { name: taskQueue },
    taskQueueType: proto.temporal.api.enums.v1.TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW,
  });
  return (pollers ?? []).some(
    ({ lastAccessTime }) => Date.now() - Number(lastAccessTime?.seconds ?? 0) * 1000 < POLLER_SILENT_MS,
  );
}
