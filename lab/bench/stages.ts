import type { Client, WorkflowHandle } from '@temporalio/client';

export interface StageTimes {
  readonly times: number;
  /** From scheduled to started: the wait for a worker. */
  readonly waitMs: number;
  /** From started to ended. */
  readonly workMs: number;
}

export interface HistoryFacts {
  /** By step; steps of different batches overlap. */
  readonly stages: Readonly<Record<string, StageTimes>>;
  readonly events: number;
  /**
   * What Temporal Cloud would count as actions: starts, steps and their retries, timers, signals, the markers of
   * patches, changes of search attributes, and heartbeats, of which the history does not tell: as many as a step of that
   * length sends at the most.
   */
  readonly actions: number;
  /** Attempts of steps beyond their first. */
  readonly retries: number;
  readonly signals: number;
}

/** Set by the SDK for a patch; not counted as an action. */
const patchAttribute = 'TemporalChangeVersion';

type Event = NonNullable<Awaited<ReturnType<WorkflowHandle['fetchHistory']>>['events']>[number];

const setsAttribute = ({ upsertWorkflowSearchAttributesEventAttributes: set }: Event): boolean =>
  Object.keys(set?.searchAttributes?.indexedFields ?? {}).some((name) => name !== patchAttribute);

const FIRST_HEARTBEAT_MS = 1000;
const HEARTBEAT_EVERY_MS = 2000;

/** Where the time of a run went, and what it cost Temporal, from its history. */
export async function historyFacts(client: Client, workflowId: string): Promise<HistoryFacts> {
  const { events } = await client.workflow.getHandle(workflowId).fetchHistory();
  const scheduled = new Map<string, { step: string; atMs: number; startedMs: number }>();
  const stages: Record<string, StageTimes> = {};
  let actions = 0;
  let retries = 0;
  let signals = 0;
  for (const event of events ?? []) {
    const atMs = Number(event.eventTime?.seconds ?? 0) * 1000 + (event.eventTime?.nanos ?? 0) / 1e6;
    const began = event.activityTaskStartedEventAttributes;
    actions += began?.attempt ?? 0;
    retries += Math.max(0, (began?.attempt ?? 1) - 1);
    if (event.workflowExecutionSignaledEventAttributes) signals++;
    if (
      event.workflowExecutionStartedEventAttributes ||
      event.timerStartedEventAttributes ||
      event.markerRecordedEventAttributes ||
      event.workflowExecutionSignaledEventAttributes ||
      setsAttribute(event)
    )
      actions++;
    const begun = event.activityTaskScheduledEventAttributes;
    if (begun) scheduled.set(String(event.eventId), { step: begun.activityType?.name ?? '', atMs, startedMs: atMs });
    const started = scheduled.get(String(began?.scheduledEventId));
    if (started) started.startedMs = atMs;
    const ended = scheduled.get(String(event.activityTaskCompletedEventAttributes?.scheduledEventId));
    if (!ended) continue;
    const so = stages[ended.step] ?? { times: 0, waitMs: 0, workMs: 0 };
    const workMs = atMs - ended.startedMs;
    // The first after a second, the others passed on every two (workers/).
    if (workMs > FIRST_HEARTBEAT_MS) actions += 1 + Math.floor((workMs - FIRST_HEARTBEAT_MS) / HEARTBEAT_EVERY_MS);
    stages[ended.step] = {
      times: so.times + 1,
      waitMs: Math.round(so.waitMs + ended.startedMs - ended.atMs),
      workMs: Math.round(so.workMs + workMs),
    };
  }
  return { stages, events: events?.length ?? 0, actions, retries, signals };
}
