import { defineQuery, defineSignal } from '@temporalio/workflow';
import { queryName, signalName } from '../model/names.ts';
import type { RunState } from '../model/run-state.ts';

/** None takes an argument, so that each can be sent from the Temporal UI. */

/** Tries the step again on which the run is parked. */
export const retrySignal = defineSignal(signalName.retry);
/**
 * Counts a write in doubt as done, for a destination that cannot be asked; leaves what would be deleted; for any other
 * step the same as `retry`.
 */
export const skipSignal = defineSignal(signalName.skip);
/** Holds the run before its next batch. Works in every phase. */
export const pauseSignal = defineSignal(signalName.pause);
export const resumeSignal = defineSignal(signalName.resume);
/** Ends the run. The cursor stays where it was. */
export const abortSignal = defineSignal(signalName.abort);

export const statusQuery = defineQuery<RunState>(queryName.status);
