import { Context } from '@temporalio/activity';

const latest = new WeakMap<Context, unknown>();

/**
 * Notes how far a step is, in counts, never record data: the next heartbeat carries it, and the Temporal UI shows it.
 * A step that ends before the first heartbeat costs Temporal none.
 */
export function reportProgress(details: Readonly<Record<string, number>>): void {
  latest.set(Context.current(), details);
}

/** Tells Temporal the last report, also while a step waits for one long call, so that it is not presumed dead. */
export function stillAlive(context: Context): void {
  context.heartbeat(latest.get(context));
}
