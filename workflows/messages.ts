import { defineQuery, defineSignal } from '@temporalio/workflow';
import { queryName, signalName } from '../model/names.ts';
import type { RunState } from '../model/run-state.ts';

/** None takes an argument, so that each can be sent from the Temporal UI. */

/** Tries the step again on which the run is parked. */
export const retrySignal = defineSignal(signalName.retry);
/** Holds the run before its next batch. Works in every phase. */
export const pauseSignal = defineSignal(signalName.pause);
export const resumeSignal = defineSignal(signalName.resume);
/** Ends the run. The cursor stays where it was. */
export const abortSignal = defineSignal(signalName.abort);

export const statusQuery = defineQuery<RunState>(queryName.status);
