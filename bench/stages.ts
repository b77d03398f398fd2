import type { Client } from '@temporalio/client';

export interface StageTimes {
  readonly times: number;
  /** From scheduled to started: the wait for a worker. */
  readonly waitMs: number;
  /** From started to ended. */
  readonly workMs: number;
}

/** Where the time of a run went, by step, from its history; steps of different batches overlap. */
export async function stageTimes(client: Client, workflowId: string): Promise<Record<string, StageTimes>> {
  const { events } = await client.workflow.getHandle(workflowId).fetchHistory();
  const scheduled = new Map<string, { step: string; atMs: number; startedMs: number }>();
  const stages: Record<string, StageTimes> = {};
  for (const event of events ?? []) {
    const atMs = Number(event.eventTime?.seconds ?? 0) * 1000 + (event.eventTime?.nanos ?? 0) / 1e6;
    const begun = event.activityTaskScheduledEventAttributes;
    if (begun) scheduled.set(String(event.eventId), { step: begun.activityType?.name ?? '', atMs, startedMs: atMs });
    const started = scheduled.get(String(event.activityTaskStartedEventAttributes?.scheduledEventId));
    if (started) started.startedMs = atMs;
    const ended = scheduled.get(String(event.activityTaskCompletedEventAttributes?.scheduledEventId));
    if (!ended) continue;
    const so = stages[ended.step] ?? { times: 0, waitMs: 0, workMs: 0 };
    stages[ended.step] = {
      times: so.times + 1,
      waitMs: Math.round(so.waitMs + ended.startedMs - ended.atMs),
      workMs: Math.round(so.workMs + atMs - ended.startedMs),
    };
  }
  return stages;
}
