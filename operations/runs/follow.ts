import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import { whereOf } from '../../model/sync/steering.ts';
import { formatDuration } from '../../model/text/duration.ts';
import type { Progress, StepState } from '../../platform/foundation/progress.ts';
import { rateMeter } from '../../platform/foundation/rate-meter.ts';
import { type Observed, observeRun } from './observe.ts';

const POLL_EVERY_MS = 300;

/** A worker that is there answers a query within this. */
const SILENT_AFTER_MS = 5000;

/** A run that no worker answers for has another trouble than a missing worker. */
const MAX_SILENCES = 3;

export type FollowEnd = 'ended' | 'parked' | 'timeout';

/** Shows a run while it goes on: until it ends, waits for a person, or the time is up. */
export async function followRun(
  client: Client,
  workflowId: string,
  options: {
    readonly title: string;
    readonly progress: Progress;
    readonly untilMs: number;
    readonly signal: AbortSignal;
    /** Called when no worker has answered for some seconds: one may die at any time, and so may the next two. */
    readonly onSilence?: () => Promise<void>;
    /** What the last complete read fetched: how much a full run has to expect. */
    readonly expectedRecords?: number;
  },
): Promise<{ readonly end: FollowEnd; readonly last: Observed }> {
  return options.progress.step(options.title, async (tell) => {
    const rate = rateMeter();
    let silentSinceMs: number | null = null;
    let silences = 0;
    for (;;) {
      options.signal.throwIfAborted();
      const last = await observeRun(client, workflowId);
      if (last.status !== 'RUNNING' && last.status !== 'CONTINUED_AS_NEW') return { end: 'ended' as const, last };
      if (last.state?.parked) return { end: 'parked' as const, last };
      if (Date.now() > options.untilMs) return { end: 'timeout' as const, last };
      silentSinceMs = last.state ? null : (silentSinceMs ?? performance.now());
      if (silentSinceMs !== null && performance.now() - silentSinceMs > SILENT_AFTER_MS && silences < MAX_SILENCES) {
        silentSinceMs = null;
        silences++;
        await options.onSilence?.();
      }
      const recordsPerSecond = rate(last.state?.counts.fetched ?? 0, performance.now());
      tell(stepState(last, recordsPerSecond, options.expectedRecords));
      // Cut short by the signal it throws an AbortError; people are told the reason of the signal instead.
      await sleep(POLL_EVERY_MS, undefined, { signal: options.signal }).catch(() => options.signal.throwIfAborted());
    }
  });
}

/** One line: what was done, how fast, and what it waits for. */
export function stepState({ state, waiting }: Observed, recordsPerSecond: number, expectedRecords?: number): StepState {
  if (!state) return { detail: 'no worker answers' };
  const { counts, batches } = state;
  // A source does not say how much it has: what it had last time is the best guess, until more has come.
  const total =
    state.mode === 'full' && expectedRecords && expectedRecords >= state.fetched ? expectedRecords : undefined;
  const leftMs = total && recordsPerSecond > 0 ? ((total - counts.fetched) / recordsPerSecond) * 1000 : undefined;
  const parts = [
    state.paused ? 'paused' : state.stage,
    `${counts.fetched.toLocaleString('en')} of ${state.fetched.toLocaleString('en')} fetched done`,
    recordsPerSecond > 0 ? `${Math.round(recordsPerSecond).toLocaleString('en')}/s` : '',
    `batch ${batches.delivered}/${batches.fetched}`,
    counts.quarantined > 0 ? `${counts.quarantined.toLocaleString('en')} rejected` : '',
    leftMs === undefined || waiting ? '' : `about ${formatDuration(leftMs)} left`,
    waiting ? waitingWords(waiting) : '',
  ];
  return { detail: parts.filter(Boolean).join(', '), ...(total ? { done: counts.fetched, total } : {}) };
}

export function waitingWords(waiting: NonNullable<Observed['waiting']>): string {
  const inMs = waiting.nextAttempt === null ? 0 : Date.parse(waiting.nextAttempt) - Date.now();
  const next = inMs > 0 ? `next attempt in ${formatDuration(inMs)}` : 'trying again';
  return `waits: ${waiting.code} in ${whereOf(waiting)} (attempt ${waiting.attempt}, ${next})`;
}
