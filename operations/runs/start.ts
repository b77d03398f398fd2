import { randomBytes } from 'node:crypto';
import type { Client } from '@temporalio/client';
import { firstStatus, runId, searchAttribute, workflowId, workflowType } from '../../model/names.ts';
import type { ReadRange } from '../../model/sync/range.ts';
import type { RunFrom } from '../../model/sync/run-state.ts';
import type { SyncInput } from '../../workflows/run.ts';

export interface StartedRun {
  readonly run: string;
  readonly workflowId: string;
  readonly url: string | null;
}

export interface StartOptions {
  readonly sync: string;
  readonly full: boolean;
  readonly trigger: string;
  readonly uiUrl: string | null;
  /** Default: a new one. */
  readonly run?: string;
  /** What it reads; absent: the source. */
  readonly from?: RunFrom;
  /** What it reads again; absent: what changed since the watermark, or everything. */
  readonly range?: ReadRange;
  /** What it does when another run of the sync is open; absent: it is refused. */
  readonly whenHeld?: 'wait';
}

/**
 * Starts a run on the queue and answers at once: the work is a worker's. Throws Temporal's own error when the run has been started before.
 */
export async function startRun(client: Client, taskQueue: string, options: StartOptions): Promise<StartedRun> {
  const { run = newRunId(new Date()), from, range, whenHeld } = options;
  const id = workflowId(options.sync, run);
  const input: SyncInput = {
    sync: options.sync,
    run,
    trigger: options.trigger,
    full: options.full,
    ...(from && { from }),
    ...(range && { range }),
    ...(whenHeld && { whenHeld }),
  };
  await client.workflow.start(workflowType.sync, {
    taskQueue,
    workflowId: id,
    workflowIdReusePolicy: 'REJECT_DUPLICATE',
    args: [input],
    staticSummary: `sync ${options.sync}${kindOf(options)}`,
    searchAttributes: { [searchAttribute.sync]: [options.sync], [searchAttribute.status]: [firstStatus] },
  });
  return { run, workflowId: id, url: workflowUrl(client, options.uiUrl, id) };
}

function kindOf({ from, full, range }: Pick<SyncInput, 'from' | 'full' | 'range'>): string {
  if (from) return ` (from ${from})`;
  if (range) return range.until ? ' (backfill)' : ' (from an earlier position)';
  return full ? ' (full)' : '';
}

/** Its page in the Temporal UI; null when that is not known. */
export const workflowUrl = (client: Client, uiUrl: string | null, id: string): string | null =>
  uiUrl === null ? null : `${uiUrl}/namespaces/${client.options.namespace}/workflows/${encodeURIComponent(id)}`;

/** Unique enough for two starts in one second. */
export const newRunId = (now: Date): string => runId(now, randomBytes(3).toString('hex'));
