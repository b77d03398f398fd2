/**
 * Names that Temporal and PostgreSQL store. Renaming one breaks running workflows or stored rows: never rename.
 * Free of imports, so that workflow code can use it.
 */
export const TASK_QUEUE = 'syncline';
export const NAMESPACE = 'default';
export const LEDGER_SCHEMA = 'syncline';

export const workflowType = { sync: 'sync' } as const;

export const signalName = {
  retry: 'retry',
  skip: 'skip',
  pause: 'pause',
  resume: 'resume',
  abort: 'abort',
} as const;

/** The signal with which a worker tells a run that one of its steps waits; not for people. */
export const waitsSignalName = 'stepWaits';

/** The same words as the signals; an update is answered, or refused with the reason. */
export const updateName = signalName;

export const queryName = { status: 'status' } as const;

/** All are keywords: a value is matched whole, never as words. */
export const searchAttribute = {
  sync: 'SynclineSync',
  status: 'SynclineStatus',
  source: 'SynclineSource',
  destination: 'SynclineDestination',
} as const;

/** An endpoint as the search attributes name it: `shop (rest)`. */
export const endpointName = (connection: string, kind: string): string => `${connection} (${kind})`;

/** The status of a run before a worker has met it. */
export const firstStatus = 'running';

/** The id of a sync's schedule. */
export const scheduleId = (sync: string): string => `sync:${sync}`;

/** The note of a schedule that its sync file pauses: a pause with any other note is a person's. */
export const schedulePauseNote = 'paused by the sync file';

/** The workflow id of a scheduled run, to which Temporal adds its time. */
export const scheduledWorkflowId = (sync: string): string => `sync:${sync}:scheduled`;

/** Set by Temporal on what a schedule started: when that was to be. */
export const scheduledTimeAttribute = 'TemporalScheduledStartTime';

/** The id of a run, sorted by its time: `20261123T101530-5f3a9c`. */
export const runId = (at: Date, unique: string): string => `${at.toISOString().replace(/[-:]|\.\d+Z$/g, '')}-${unique}`;

/** The workflow id of one run. `run` is the run's id in the ledger's sense: unique, sortable by time. */
export const workflowId = (sync: string, run: string): string => `sync:${sync}:${run}`;

/** What the steps are called where people read, by the name under which histories store them. */
export const stepNames: Readonly<Record<string, string>> = {
  openRun: 'open',
  settleLeft: 'settle',
  fetchBatch: 'fetch',
  validateBatch: 'validate',
  transformBatch: 'transform',
  deliverBatch: 'deliver',
  removeMissing: 'remove',
  reconcileRun: 'reconcile',
  closeRun: 'close',
  hurryRun: 'hurry',
};
