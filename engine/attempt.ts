/** One attempt at a step, as far as the step sees it. Who runs the steps gives it. */
export interface Attempt {
  /** From 1. */
  readonly number: number;
  /** Of the run that the step belongs to. */
  readonly workflowId: string;
  /** Aborted when the step is cancelled or the worker shuts down: nothing new is begun, what is under way is finished. */
  readonly signal: AbortSignal;
  /** Notes how far the step is, in counts, never record data: an operator sees the latest. */
  report(progress: Readonly<Record<string, number>>): void;
}
