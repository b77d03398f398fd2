import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Client } from '@temporalio/client';
import {
  NativeConnection,
  Runtime,
  Worker,
  type WorkerDeploymentOptions,
  type WorkerOptions,
} from '@temporalio/worker';
import type { Logger } from 'pino';
import { type Activities, createActivities } from '../activities/index.ts';
import { Bulkhead } from '../engine/batches/bulkhead.ts';
import { BatchCache } from '../engine/batches/cache.ts';
import { EncodeAhead } from '../engine/batches/encode-ahead.ts';
import type { Dependencies } from '../engine/dependencies.ts';
import { SeenLedgers } from '../engine/seen-ledgers.ts';
import type { Settings } from '../platform/foundation/config.ts';
import type { Readiness } from '../platform/foundation/health-server.ts';
import type { Ledger } from '../platform/ledger/ledger.ts';
import { matchingTimes } from '../platform/temporal/schedules/matching-times.ts';
import { currentAttempt } from './attempt.ts';
import { StepEdge } from './interceptors.ts';
import { readinessOf } from './readiness.ts';
import { runsOf } from './runs.ts';

export interface RunningWorker {
  /** Ends when the worker has stopped; rejects when it failed. */
  readonly done: Promise<void>;
  /** Stops taking work and finishes what is under way, within the grace time. */
  drain(): void;
  /** Whether it can take work just now. */
  ready(): Promise<Readiness>;
}

/** What a worker works with, beside Temporal. */
export interface WorkerParts extends Pick<Dependencies, 'projects' | 'world'> {
  readonly ledger: Dependencies['ledger'] & Pick<Ledger, 'pool'>;
  /** Put around the steps; default: nothing. */
  readonly steps?: (steps: Activities) => Activities;
}

/** Starts a worker with the parts given; who made them closes them. */
export async function runWorker(
  settings: Settings,
  log: Logger,
  { steps: around = (steps) => steps, ...parts }: WorkerParts,
  code: WorkflowCode = workflowCode(),
): Promise<RunningWorker> {
  installRuntime(log);
  const connection = await NativeConnection.connect({ address: settings.temporalAddress });
  const client = new Client({ connection, namespace: settings.namespace });
  const runs = runsOf(client, settings.taskQueue);
  const activities = createActivities({
    ...parts,
    cache: new BatchCache({
      budgetBytes: settings.batchMemoryBytes,
      mostWaiting: Math.floor(settings.concurrentSteps / 2),
    }),
    encodeAhead: new EncodeAhead(),
    isWorkflowOpen: runs.isOpen,
    lastEndedWell: runs.lastEndedWell,
    seenLedgers: new SeenLedgers(),
    hurry: runs.hurry,
    ticksOf: (sync, from, until) => matchingTimes(client, sync, new Date(from), new Date(until)),
    attempt: currentAttempt,
    bulkhead: new Bulkhead(settings.stepsPerConnection, settings.concurrentSteps, currentAttempt),
    now: Date.now,
    log,
  });
  const worker = await Worker.create({
    connection,
    namespace: settings.namespace,
    taskQueue: settings.taskQueue,
    activities: around(activities),
    ...code,
    ...(settings.build && { workerDeploymentOptions: versioned(settings.build) }),
    maxConcurrentActivityTaskExecutions: settings.concurrentSteps,
    maxHeartbeatThrottleInterval: '2 seconds',
    stickyQueueScheduleToStartTimeout: '3 seconds',
    shutdownGraceTime: `${settings.graceSeconds} seconds`,
    interceptors: { activity: [(context) => ({ inbound: new StepEdge(context, log, runs.tellWaiting) })] },
  });
  return {
    done: worker.run().finally(() => connection.close()),
    drain: () => worker.shutdown(),
    ready: readinessOf({ state: () => worker.getState(), client, ledger: parts.ledger }),
  };
}

/** A run stays with the build on which it began (`docs/upgrading.md`). */
const versioned = ({ id, deployment }: NonNullable<Settings['build']>): WorkerDeploymentOptions => ({
  version: { deploymentName: deployment, buildId: id },
  useWorkerVersioning: true,
  defaultVersioningBehavior: 'PINNED',
});

let runtimeInstalled = false;

/** The native runtime is one per process; its log goes where ours goes, less its talk. */
function installRuntime(log: Logger): void {
  if (runtimeInstalled) return;
  runtimeInstalled = true;
  const write = (level: 'debug' | 'info' | 'warn' | 'error') => (message: string, meta?: Record<string, unknown>) =>
    log[level]({ sdk: meta?.['sdkComponent'] ?? 'temporal', err: meta?.['error'] }, message);
  Runtime.install({
    shutdownSignals: [],
    logger: {
      log: (level, message) => log.debug({ sdk: level }, message),
      trace: () => {},
      debug: () => {},
      info: () => {},
      // Failed steps and runs are told by our own log, with their code.
      warn: (message, meta) =>
        /^(Activity|Workflow) failed$/.test(message) ? undefined : write('warn')(message, meta),
      error: write('error'),
    },
  });
}

export type WorkflowCode = Pick<WorkerOptions, 'workflowBundle'> | Pick<WorkerOptions, 'workflowsPath'>;

/** The bundle of the build, or the workflow sources when they have not been built (tests, development). */
function workflowCode(): WorkflowCode {
  const built = fileURLToPath(new URL('../workflow-bundle.js', import.meta.url));
  if (existsSync(built)) return { workflowBundle: { codePath: built } };
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
  return { workflowsPath: fileURLToPath(new URL(`../workflows/index.${extension}`, import.meta.url)) };
}
