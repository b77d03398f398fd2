import type { Client, WorkflowExecutionDescription } from '@temporalio/client';
import { type FailureCode, isFailureCode } from '../../model/failure.ts';
import { queryName } from '../../model/names.ts';
import type { RunState } from '../../model/run-state.ts';

/** A step that is not working just now: it failed, and is tried again by itself. */
export interface Waiting {
  readonly step: string;
  readonly attempt: number;
  readonly code: FailureCode | 'UNKNOWN';
  readonly message: string;
  /** ISO 8601; null while an attempt is under way. */
  readonly nextAttempt: string | null;
}

export interface Observed {
  readonly status: string;
  /** Null while no worker answers. */
  readonly state: RunState | null;
  readonly waiting: Waiting | null;
}

const QUERY_WITHIN_MS = 3000;

/** What a run does right now: by its own word, and by Temporal's. */
export async function observeRun(client: Client, workflowId: string): Promise<Observed> {
  const handle = client.workflow.getHandle(workflowId);
  const description = await handle.describe();
  const state = await client.connection
    .withDeadline(Date.now() + QUERY_WITHIN_MS, () => handle.query<RunState>(queryName.status))
    .catch(() => null);
  return { status: description.status.name, state, waiting: waitingOf(description) };
}

function waitingOf(description: WorkflowExecutionDescription): Waiting | null {
  for (const activity of description.raw.pendingActivities ?? []) {
    const failure = activity.lastFailure;
    if (!failure) continue;
    const type = failure.applicationFailureInfo?.type;
    const next = activity.scheduledTime;
    return {
      step: activity.activityType?.name ?? '',
      attempt: activity.attempt ?? 1,
      code: isFailureCode(type) ? type : 'UNKNOWN',
      message: failure.message ?? '',
      nextAttempt: next?.seconds ? new Date(Number(next.seconds) * 1000).toISOString() : null,
    };
  }
  return null;
}
