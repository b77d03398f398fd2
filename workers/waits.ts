import type { Info } from '@temporalio/activity';
import { failures, type SyncFailure } from '../model/failure/failure.ts';
import { stepNames } from '../model/names.ts';
import type { Waiting } from '../model/sync/run-state.ts';

/** A single failure that mends itself at once is no news: each telling is a few events of the run's history. */
const LONG_WAIT_MS = 10_000;

/** What a step needs to say of itself when it is tried again later. */
export type TriedStep = Pick<Info, 'activityType' | 'attempt'>;

/** What a run is told of a step that failed and is tried again; null when it is not worth telling. Pure. */
export function waitingAfter(failure: SyncFailure, step: TriedStep, input: unknown, nowMs: number): Waiting | null {
  const { next } = failures[failure.code];
  if (next !== 'retry' && next !== 'wait') return null;
  const { attempt } = step;
  if (!isTold(attempt, failure.retryAfterMs ?? 0)) return null;
  return {
    step: stepNames[step.activityType] ?? step.activityType,
    batch: batchOf(input),
    attempt,
    code: failure.code,
    message: failure.message,
    ...(failure.place && { place: failure.place }),
    nextAttempt: failure.retryAfterMs === undefined ? null : new Date(nowMs + failure.retryAfterMs).toISOString(),
  };
}

/** The second attempt, the eighth, the thirty-second and so on: an outage of a day is told half a dozen times. */
const isTold = (attempt: number, namedDelayMs: number): boolean =>
  attempt === 1 ? namedDelayMs >= LONG_WAIT_MS : Number.isInteger(Math.log2(attempt / 2) / 2);

const batchOf = (input: unknown): number | null =>
  typeof input === 'object' && input !== null && 'seq' in input && typeof input.seq === 'number' ? input.seq : null;
