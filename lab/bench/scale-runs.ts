import { TASK_QUEUE } from '../../model/names.ts';
import { startRun } from '../../operations/runs/start.ts';
import type { Progress } from '../../platform/foundation/progress.ts';
import { forgetPeak, usageOf } from './processes.ts';
import { type Destination, syncName } from './project.ts';
import { openTestbed } from './testbed.ts';

export interface RunsToMeasure {
  /** Of each sync. */
  readonly records: number;
  readonly to: Destination;
  /** At once. Default: 1. */
  readonly syncs?: number;
  /** Default: 1. */
  readonly workers?: number;
  readonly latencyMs?: number;
  readonly textBytes?: number;
}

export interface Rate {
  /** Records of all syncs together. */
  readonly perSecond: number;
  readonly seconds: number;
  /** Of the first worker. */
  readonly peakMiB: number;
}

/** Full loads of syncs that have seen nothing yet, all at once, on a stack of their own. */
export async function measureRuns(
  { records, to, syncs = 1, latencyMs = 0, ...more }: RunsToMeasure,
  progress: Progress,
): Promise<Rate> {
  const testbed = await openTestbed({ records, rounds: syncs + 1, latencyMs, journal: true, ...more }, progress);
  const run = async (number: number): Promise<number> => {
    const sync = syncName(to, number);
    const started = await startRun(testbed.client, TASK_QUEUE, { sync, full: true, trigger: 'bench', uiUrl: null });
    await testbed.client.workflow.getHandle(started.workflowId).result();
    return (await testbed.ledger.reports.run(started.run))?.counts?.fetched ?? 0;
  };
  try {
    // One that is not counted, so that the worker has read its project and compiled what it runs.
    if (records <= 200_000) await run(syncs + 1);
    await forgetPeak(testbed.worker.pid);
    const beganMs = performance.now();
    const fetched = await Promise.all(Array.from({ length: syncs }, (_, index) => run(index + 1)));
    const seconds = (performance.now() - beganMs) / 1000;
    const all = fetched.reduce((sum, one) => sum + one, 0);
    if (all !== records * syncs) throw new Error(`${all} records were read, not ${records * syncs}`);
    const { peakMiB } = await usageOf(testbed.worker.pid);
    return { perSecond: Math.round(all / seconds), seconds: Number(seconds.toFixed(2)), peakMiB };
  } finally {
    await testbed.close();
  }
}
