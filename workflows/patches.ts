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
  /**
   * A run sets the search attributes that differ from those it was started with, and one whose source has nothing ends
   * with the step that read it. Before it, each run set all of them, reconciled and was closed by a step of its own. One
   * name for both: a patch is two events of each run.
   */
  nothingTwice: 'nothing-twice',
  /** An answer goes to the step that was shown. Before it, every step that waited for a person took it. */
  answersOneStep: 'answers-one-step',
} as const;
