import { randomBytes } from 'node:crypto';
import type { Client } from '@temporalio/client';
import { searchAttribute, workflowId, workflowType } from '../../model/names.ts';
import type { SyncInput } from '../../workflows/run.ts';

export interface StartedRun {
  readonly run: string;
  readonly workflowId: string;
  readonly url: string | null;
}

/** Starts a run on the queue and answers at once: the work is a worker's. */
export async function startRun(
  client: Client,
  taskQueue: string,
  options: {
    readonly sync: string;
    readonly full: boolean;
    readonly trigger: string;
    readonly uiUrl: string | null;
    /** Default: a new one. */
    readonly run?: string;
    /** What it reads; absent: the source. */
    readonly from?: 'quarantine';
  },
): Promise<StartedRun> {
  const { run = newRunId(new Date()), from } = options;
  const id = workflowId(options.sync, run);
  const input: SyncInput = {
    sync: options.sync,
    run,
    trigger: options.trigger,
    full: options.full,
    ...(from && { from }),
  };
  await client.workflow.start(workflowType.sync, {
    taskQueue,
    workflowId: id,
    args: [input],
    staticSummary: `sync ${options.sync}${from ? ` (from ${from})` : options.full ? ' (full)' : ''}`,
    searchAttributes: { [searchAttribute.sync]: [options.sync] },
  });
  const url =
    options.uiUrl === null
      ? null
      : `${options.uiUrl}/namespaces/${client.options.namespace}/workflows/${encodeURIComponent(id)}`;
  return { run, workflowId: id, url };
}

/** Sorts by time, and is unique enough for two starts in one second: `20261123T101530-5f3a9c`. */
export function newRunId(now: Date): string {
  return `${now.toISOString().replace(/[-:]|\.\d+Z$/g, '')}-${randomBytes(3).toString('hex')}`;
}
