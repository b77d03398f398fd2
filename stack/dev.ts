import path from 'node:path';
import { SyncFailure } from '../model/failure/failure.ts';
import type { Progress } from '../platform/foundation/progress.ts';
import type { StackAddresses } from './addresses.ts';
import { removeDevFile, writeDevFile } from './dev-file.ts';
import { openDevStack } from './stack.ts';
import { type SupervisedWorker, startWorkerServer } from './worker-server.ts';

/** The whole stack, as `dev` runs it. */
export interface RunningStack extends StackAddresses {
  readonly workerPid: number | null;
  /** Settles with the failure when a server has died; pending for as long as all is well. */
  readonly failed: Promise<SyncFailure>;
  /** Ends worker, Temporal and PostgreSQL, in this order. */
  stop(): Promise<void>;
}

export interface DevOptions {
  readonly projectFolder: string;
  readonly env: NodeJS.ProcessEnv;
  readonly progress: Progress;
  /** The program of the worker. */
  readonly workerEntry: string;
}

const watchEveryMs = 500;

/** Starts Temporal, PostgreSQL and the worker, and tells the other commands of the project where they are. */
export async function startDev(options: DevOptions): Promise<RunningStack> {
  const stack = await openDevStack(options);
  let worker: SupervisedWorker | undefined;
  try {
    worker = await options.progress.step('Starting the worker', () =>
      startWorkerServer({
        folder: path.join(stack.stateFolder, 'worker'),
        projectFolder: path.resolve(options.projectFolder),
        entry: options.workerEntry,
        addresses: stack,
        env: options.env,
        guard: stack.guard,
        note: (line) => options.progress.note(line),
      }),
    );
    await writeDevFile(stack.stateFolder, stack);
  } catch (error) {
    await worker?.stop();
    await stack.stop();
    throw error;
  }
  const supervised = worker;
  const watch = watchServers(stack.ended);
  return {
    temporalAddress: stack.temporalAddress,
    namespace: stack.namespace,
    uiUrl: stack.uiUrl,
    databaseUrl: stack.databaseUrl,
    workerPid: supervised.pid(),
    failed: watch.failed,
    async stop() {
      watch.stop();
      // First, so that no new command begins on services that are going down.
      await removeDevFile(stack.stateFolder);
      await supervised.stop();
      await stack.stop();
    },
  };
}

function watchServers(ended: () => string | null): { readonly failed: Promise<SyncFailure>; stop(): void } {
  let timer: NodeJS.Timeout | undefined;
  const failed = new Promise<SyncFailure>((resolve) => {
    timer = setInterval(() => {
      const how = ended();
      if (how !== null) resolve(new SyncFailure('STACK_FAILED', how));
    }, watchEveryMs);
  });
  return { failed, stop: () => clearInterval(timer) };
}
