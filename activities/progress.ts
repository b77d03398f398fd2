import { Context } from '@temporalio/activity';

const latest = new WeakMap<Context, unknown>();

/** Tells Temporal how far a step is: a heartbeat with counts, which the Temporal UI shows. Never record data. */
export function reportProgress(details: Readonly<Record<string, number>>): void {
  const context = Context.current();
  latest.set(context, details);
  context.heartbeat(details);
}

/** Repeats the last report, so that a step that waits for one long call is not presumed dead. */
export function stillAlive(context: Context): void {
  context.heartbeat(latest.get(context));
}
