import { ActivityFailure, ApplicationFailure, TimeoutFailure } from '@temporalio/workflow';
import {
  type FailureCode,
  type FailurePlace,
  failurePlace,
  failures,
  isFailureCode,
} from '../model/failure/failure.ts';
import type { NextAction } from '../model/failure/failure-kind.ts';

export interface StepFailure {
  readonly code: FailureCode;
  readonly next: NextAction;
  readonly message: string;
  readonly place?: FailurePlace;
}

/** What went wrong in a step, by the code that the activity gave; a step that ran out of time says why it last failed. */
export function stepFailure(error: unknown): StepFailure {
  for (let at: unknown = error; at instanceof Error; at = at.cause) {
    if (at instanceof ApplicationFailure && isFailureCode(at.type)) {
      const place = failurePlace(at.details?.[0]);
      return { code: at.type, next: failures[at.type].next, message: at.message, ...(place && { place }) };
    }
    if (at instanceof TimeoutFailure && at.cause === undefined) {
      return { code: 'TIMEOUT', next: 'park', message: `the step did not end in time (${at.timeoutType})` };
    }
    if (!(at instanceof ActivityFailure || at instanceof TimeoutFailure)) break;
  }
  return { code: 'INTERNAL', next: 'park', message: error instanceof Error ? error.message : String(error) };
}
