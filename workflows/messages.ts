import { defineQuery, defineSignal, defineUpdate } from '@temporalio/workflow';
import { queryName, signalName, updateName, waitsSignalName } from '../model/names.ts';
import type { RunState, Waiting } from '../model/sync/run-state.ts';

/** None takes an argument, so that each can be sent from the Temporal UI. */

/** Tries the step again on which the run is parked; cuts the wait short of a step that is tried again by itself. */
export const retrySignal = defineSignal(signalName.retry);
/**
 * Counts a write in doubt as done, for a destination that cannot be asked; leaves what would be deleted; for any other
 * step the same as `retry`.
 */
export const skipSignal = defineSignal(signalName.skip);
/** Holds the run before its next batch is read or written. Works in every phase. */
export const pauseSignal = defineSignal(signalName.pause);
export const resumeSignal = defineSignal(signalName.resume);
/** Ends the run, also while a step waits. The cursor stays where it was. */
export const abortSignal = defineSignal(signalName.abort);

/** The same as updates: refused with the reason when they make no sense, and answered with what comes of them. */
export const retryUpdate = defineUpdate<string>(updateName.retry);
export const skipUpdate = defineUpdate<string>(updateName.skip);
export const pauseUpdate = defineUpdate<string>(updateName.pause);
export const resumeUpdate = defineUpdate<string>(updateName.resume);
export const abortUpdate = defineUpdate<string>(updateName.abort);

/** From the worker, not from people: a step failed and is tried again. */
export const waitsSignal = defineSignal<[Waiting]>(waitsSignalName);

export const statusQuery = defineQuery<RunState>(queryName.status);
