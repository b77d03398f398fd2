import type { Info } from '@temporalio/activity';
import type { Client } from '@temporalio/client';
import { WorkflowNotFoundError } from '@temporalio/common';
import proto from '@temporalio/proto';
import { searchAttribute, waitsSignalName, workflowType } from '../model/names.ts';
import type { Waiting } from '../model/sync/run-state.ts';

/** What a worker asks and tells Temporal about runs. */
export interface Runs {
  isOpen(workflowId: string): Promise<boolean>;
  /** Has the steps of a run that wait for their next attempt tried at once. */
  hurry(workflowId: string): Promise<void>;
  /** The workflow of the run of a sync that last ended well, of those that began after `after` (ISO 8601). */
  lastEndedWell(sync: string, after: string | null): Promise<string | undefined>;
  /** Never fails: the step's own failure is what counts. */
  tellWaiting(step: Pick<Info, 'workflowExecution'>, waiting: Waiting): Promise<void>;
}

/** A step that has failed must not be held up for longer than this by the telling. */
const TELL_WITHIN_MS = 2000;

/** Why a step was paused for a moment. */
const HURRIED = 'syncline: tried again at once';

const { PENDING_ACTIVITY_STATE_SCHEDULED, PENDING_ACTIVITY_STATE_PAUSED } =
  proto.temporal.api.enums.v1.PendingActivityState;

/** Waits for its next attempt; or was left paused by a worker that died while it hurried the step. */
const isIdle = (state: unknown, pausedBecause: string | null | undefined): boolean =>
  state === PENDING_ACTIVITY_STATE_SCHEDULED || (state === PENDING_ACTIVITY_STATE_PAUSED && pausedBecause === HURRIED);

/** `taskQueue`: of workers that share one ledger, as all of a queue do. */
export function runsOf(client: Client, taskQueue: string): Runs {
  const { namespace } = client.options;
  return {
    async isOpen(workflowId) {
      try {
        return (await client.workflow.getHandle(workflowId).describe()).status.name === 'RUNNING';
      } catch (error) {
        if (error instanceof WorkflowNotFoundError) return false;
        throw error;
      }
    },

    async lastEndedWell(sync, after) {
      const { sync: ofSync, status } = searchAttribute;
      const began = after === null ? '' : ` AND StartTime > '${after}'`;
      const query = `WorkflowType = '${workflowType.sync}' AND ${ofSync} = '${sync}' AND TaskQueue = '${taskQueue}'
        AND ExecutionStatus = 'Completed' AND ${status} IN ('succeeded', 'partial')${began}`;
      for await (const { workflowId } of client.workflow.list({ query, pageSize: 1 })) return workflowId;
      return undefined;
    },

    async hurry(workflowId) {
      const { raw } = await client.workflow.getHandle(workflowId).describe();
      for (const { activityId, state, lastFailure, pauseInfo } of raw.pendingActivities ?? []) {
        if (!activityId || !lastFailure || !isIdle(state, pauseInfo?.manual?.reason)) continue;
        const step = { namespace, execution: { workflowId }, id: activityId };
        // Let go of again, a step is due at once. A reset would do so too, but would begin its attempts anew, and with
        // them the pauses that grow.
        await client.workflowService.pauseActivity({ ...step, reason: HURRIED });
        await client.workflowService.unpauseActivity(step);
      }
    },

    async tellWaiting({ workflowExecution }, waiting) {
      if (!workflowExecution) return;
      const { workflowId, runId } = workflowExecution;
      await client
        .withDeadline(Date.now() + TELL_WITHIN_MS, () =>
          client.workflow.getHandle(workflowId, runId).signal(waitsSignalName, waiting),
        )
        .catch(() => {});
    },
  };
}
