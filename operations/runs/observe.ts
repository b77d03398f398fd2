import type { Client, WorkflowExecutionDescription } from '@temporalio/client';
import { defaultPayloadConverter } from '@temporalio/common';
import proto from '@temporalio/proto';
import { failurePlace, isFailureCode } from '../../model/failure/failure.ts';
import { queryName, stepNames } from '../../model/names.ts';
import type { RunState, Waiting } from '../../model/sync/run-state.ts';

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
  return { status: description.status.name, state, waiting: waitingOf(description, state) };
}

/** By Temporal's word, which has the time of the next attempt; the batch by the run's own, where it has heard. */
function waitingOf(description: WorkflowExecutionDescription, state: RunState | null): Waiting | null {
  for (const activity of description.raw.pendingActivities ?? []) {
    const failure = activity.lastFailure;
    if (!failure) continue;
    const { type, details } = failure.applicationFailureInfo ?? {};
    const activityType = activity.activityType?.name ?? '';
    const step = stepNames[activityType] ?? activityType;
    const [detail] = details?.payloads ?? [];
    const place = detail ? failurePlace(defaultPayloadConverter.fromPayload(detail)) : undefined;
    return {
      step,
      batch: state?.waiting?.step === step ? state.waiting.batch : null,
      attempt: activity.attempt ?? 1,
      code: isFailureCode(type) ? type : 'UNKNOWN',
      message: failure.message ?? '',
      ...(place && { place }),
      nextAttempt: nextAttemptOf(activity),
    };
  }
  return null;
}

function nextAttemptOf({ state, scheduledTime }: PendingActivity): string | null {
  const { PENDING_ACTIVITY_STATE_SCHEDULED: scheduled } = proto.temporal.api.enums.v1.PendingActivityState;
  if (state !== scheduled || !scheduledTime?.seconds) return null;
  return new Date(Number(scheduledTime.seconds) * 1000).toISOString();
}

type PendingActivity = NonNullable<WorkflowExecutionDescription['raw']['pendingActivities']>[number];
