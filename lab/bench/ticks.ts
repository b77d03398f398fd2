import type { Client } from '@temporalio/client';
import type { Ledger } from '../../platform/ledger/ledger.ts';
import { type HistoryFacts, historyFacts } from './stages.ts';

/** How late something was, in seconds after the tick. */
export interface Lateness {
  readonly median: number;
  readonly p99: number;
  readonly latest: number;
}

export interface TickFacts {
  /** Runs of ticks in the window that the ledger has. */
  readonly began: number;
  /** Of these, opened before the next tick of their sync. */
  readonly inTime: number;
  /** Temporal has started the run. */
  readonly started: Lateness;
  /** The ledger has it as open. */
  readonly opened: Lateness;
  /** Its workflow has ended. */
  readonly closed: Lateness;
  /** Of a sample of the runs, on average. */
  readonly actionsEach: number;
  readonly eventsEach: number;
  /** Attempts of steps beyond their first, and signals that say so, a run of the sample. */
  readonly retriesEach: number;
  readonly signalsEach: number;
}

/** What the schedules of the measurement say. */
export const EVERY_MS = 60_000;
const SAMPLE = 40;

/** What came of the ticks from `from` until before `until`: how late each stage was, and what a run cost Temporal. */
export async function tickFacts(client: Client, ledger: Ledger, from: Date, until: Date): Promise<TickFacts> {
  const { rows } = await ledger.pool.query<{ workflow_id: string; tick: Date; opened: Date }>(
    `select workflow_id, scheduled_for as tick, started_at as opened from runs
     where scheduled_for >= $1 and scheduled_for < $2 order by scheduled_for, workflow_id`,
    [from, until],
  );
  const executions = await executionsSince(client, from);
  const runs = rows.map(({ workflow_id, tick, opened }) => ({ tick, opened, ...executions.get(workflow_id) }));
  const late = (times: readonly (Date | undefined)[]) =>
    lateness(times.flatMap((at, index) => (at ? [at.getTime() - (runs[index]?.tick.getTime() ?? 0)] : [])));
  const step = Math.max(1, Math.floor(rows.length / SAMPLE));
  const sample = rows.filter((_, index) => index % step === 0);
  const facts: HistoryFacts[] = [];
  for (const { workflow_id } of sample) facts.push(await historyFacts(client, workflow_id));
  const each = (of: (one: HistoryFacts) => number) =>
    Number((facts.reduce((sum, one) => sum + of(one), 0) / Math.max(1, facts.length)).toFixed(1));
  return {
    began: rows.length,
    inTime: runs.filter(({ tick, opened }) => opened.getTime() - tick.getTime() < EVERY_MS).length,
    started: late(runs.map(({ started }) => started)),
    opened: late(runs.map(({ opened }) => opened)),
    closed: late(runs.map(({ closed }) => closed)),
    actionsEach: each(({ actions }) => actions),
    eventsEach: each(({ events }) => events),
    retriesEach: each(({ retries }) => retries),
    signalsEach: each(({ signals }) => signals),
  };
}

async function executionsSince(client: Client, from: Date): Promise<Map<string, { started: Date; closed?: Date }>> {
  const found = new Map<string, { started: Date; closed?: Date }>();
  const query = `WorkflowType = 'sync' AND StartTime >= '${from.toISOString()}'`;
  for await (const { workflowId, startTime, closeTime } of client.workflow.list({ query, pageSize: 1000 }))
    found.set(workflowId, { started: startTime, ...(closeTime && { closed: closeTime }) });
  return found;
}

function lateness(timesMs: readonly number[]): Lateness {
  const sorted = [...timesMs].sort((a, b) => a - b);
  const at = (share: number) =>
    Number(((sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0) / 1000).toFixed(1));
  return { median: at(0.5), p99: at(0.99), latest: at(1) };
}
