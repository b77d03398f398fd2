import { randomBytes } from 'node:crypto';
import type { Client } from '@temporalio/client';
import { runId, searchAttribute, workflowId, workflowType } from '../../model/names.ts';
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
  return { run, workflowId: id, url: workflowUrl(client, options.uiUrl, id) };
}

/** Its page in the Temporal UI; null when that is not known. */
export const workflowUrl = (client: Client, uiUrl: string | null, id: string): string | null =>
  uiUrl === null ? null : `${uiUrl}/namespaces/${client.options.namespace}/workflows/${encodeURIComponent(id)}`;

/** Unique enough for two starts in one second. */
export const newRunId = (now: Date): string => runId(now, randomBytes(3).toString('hex'));
