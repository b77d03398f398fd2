import { Context } from '@temporalio/activity';
import type { Attempt } from '../engine/attempt.ts';

const latest = new WeakMap<Context, unknown>();

/** The attempt that Temporal has given to whoever asks. */
export function currentAttempt(): Attempt {
  const context = Context.current();
  const { attempt: number, workflowExecution } = context.info;
  return {
    number,
    workflowId: workflowExecution?.workflowId ?? '',
    signal: context.cancellationSignal,
    // The next heartbeat carries it, and the Temporal UI shows it. A step that ends before the first one costs Temporal none.
    report: (progress) => void latest.set(context, progress),
  };
}

/** Tells Temporal the last report, also while a step waits for one long call, so that it is not presumed dead. */
export function stillAlive(context: Context): void {
  context.heartbeat(latest.get(context));
}
