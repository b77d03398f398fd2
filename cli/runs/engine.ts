import { Client, Connection } from '@temporalio/client';
import proto from '@temporalio/proto';
import type { EngineContext } from '../../operations/context.ts';
import type { Engine } from '../../operations/engine.ts';
import { taskQueueOf } from '../../platform/foundation/config.ts';
import { openLedger } from '../../platform/ledger/ledger.ts';
import { registerSearchAttributes } from '../../platform/temporal/connection.ts';
import { openStack } from '../../stack/stack.ts';
import { startWorkerProcess } from '../../stack/worker-process.ts';
import type { CliContext } from '../context.ts';

/** The engine of a command, until it is closed. */
interface OpenEngine extends Engine {
  close(): Promise<void>;
}

/** Performs operations: the engine is opened when one first needs it, and closed whatever comes of the work. */
export async function asking<T>(context: CliContext, work: (context: EngineContext) => Promise<T>): Promise<T> {
  let opening: Promise<OpenEngine> | undefined;
  const engine = () => {
    opening ??= openEngine(context);
    return opening;
  };
  try {
    return await work({ ...context, engine });
  } finally {
    // One that could not be opened has failed the work already.
    const opened = await opening?.catch(() => undefined);
    await opened?.close();
  }
}

async function openEngine(context: CliContext): Promise<OpenEngine> {
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
      uiUrl: stack.uiUrl,
      isTemporary: stack.owned,
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
