/**
 * Changes of workflow code that runs begun before them must not see. Each is stored in the history of every run that
 * meets it: never renamed, and removed only when no open run and no recorded history is older.
 * `docs/upgrading.md` lists them with their dates; a test compares the two.
 */
export const patch = {
  /** `abort` ends the steps under way, also those that wait to be tried again. Before it, only the next batch was stopped. */
  abortEndsSteps: 'abort-ends-steps',
  /** A paused run begins no delivery, no deletion and no reconciliation. Before it, the batches in the window went on. */
  pauseBeforeWriting: 'pause-before-writing',
} as const;
