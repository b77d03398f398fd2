import { workflowInfo } from '@temporalio/workflow';
import { runId, scheduledTimeAttribute } from '../model/names.ts';
import type { SyncInput, SyncStart } from './run.ts';

/** The run by name. One that a schedule began is named after its tick and Temporal's own id, which no other run has. */
export function identified(start: SyncStart): SyncInput {
  if (start.run !== undefined) return { ...start, run: start.run };
  const { firstExecutionRunId, searchAttributes, startTime } = workflowInfo();
  const [planned] = searchAttributes[scheduledTimeAttribute] ?? [];
  const at = planned instanceof Date ? planned : startTime;
  return {
    ...start,
    run: runId(at, firstExecutionRunId.replaceAll('-', '').slice(-12)),
    scheduledFor: at.toISOString(),
  };
}
