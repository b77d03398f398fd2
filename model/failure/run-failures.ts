import type { FailureKind } from './failure-kind.ts';

/** Failures of a run as a whole. */
export const runFailures = {
  SCHEMA_DRIFT: {
    next: 'park',
    meaning: 'The records of the source no longer have the shape that they had, and that the mapping was written for.',
    causes: 'The source renamed, removed or retyped a field; a new version of its API. See [drift.md](drift.md).',
    todo: 'Look at the fields that are named. {run.retry} once the source is mended; {run.skip} to go on with the records as they are; or mend the mapping, {run.cancel} and start it again, because an open run keeps the files it began with.',
    helps: ['status', 'run.retry', 'run.skip', 'check', 'run.cancel', 'run.start'],
    exit: 'failed',
    http: 409,
  },
  TOO_MANY_REJECTED: {
    next: 'park',
    meaning:
      'More records were rejected than the policy allows, which looks like a changed schema, not like bad records.',
    causes:
      'The source changed its schema; a mapping that was just edited; a new rule in the destination, such as a constraint.',
    todo: 'Look at the quarantine. If the destination has been mended, {run.retry} asks it again. If the mapping is mended or `maxRejectedShare` raised, {run.cancel} and start it again, because an open run keeps the files it began with.',
    helps: ['quarantine.list', 'run.retry', 'check', 'run.cancel', 'run.start'],
    exit: 'failed',
    http: 409,
  },
  DELETE_GUARD: {
    next: 'park',
    meaning:
      'More records are gone from the source than may be deleted without a look: it may not have given all it has.',
    causes:
      'A source that gave nothing or too little, a filter that was added to it, a key that changed its form, or a clean-up of many records at once.',
    todo: 'Look at the source; then {run.retry} to delete them in the destination, or {run.skip} to leave them.',
    helps: ['status', 'run.retry', 'run.skip'],
    exit: 'failed',
    http: 409,
  },
  IDEMPOTENCY_MISMATCH: {
    next: 'park',
    meaning: 'The destination had a request under the same idempotency key with other content.',
    causes: 'Two engines write through one account; the destination compares more of a request than its content.',
    todo: 'Look at the destination, and at who else sends keys to it; then {run.retry}, or {run.cancel}. A new key is never made up.',
    helps: ['status', 'run.retry'],
    exit: 'failed',
    http: 409,
  },
  OUTCOME_UNKNOWN: {
    next: 'park',
    meaning: 'A write may or may not have happened, and this destination offers no way to find out.',
    causes: 'A time-out or crash between sending and the answer, at a destination of class T5.',
    todo: 'Look at the destination; then {run.retry} to send again or {run.skip} to count it as done.',
    helps: ['status', 'run.retry', 'run.skip'],
    exit: 'failed',
    http: 409,
  },
  RUN_OPEN: {
    next: 'wait',
    meaning: 'Another run of the sync is open; this one begins when it has ended.',
    causes: "A schedule with `overlap: 'buffer one'`; a run of a range beside one that is under way.",
    todo: 'Nothing. {status} says how the other run goes.',
    helps: ['status'],
    exit: 'failed',
    http: 409,
  },
  FENCED: {
    next: 'retry',
    meaning: 'Another writer has taken over since this one began; its late write was refused.',
    causes: 'A worker that was frozen or cut off, and came back after another had taken over.',
    todo: 'Nothing: the step is tried again as the newest writer, or another worker is already at it.',
    helps: ['status'],
    exit: 'conflict',
    http: 409,
  },
  HOLD_LOST: {
    next: 'stop',
    meaning: 'The run no longer holds its sync: it has ended, or another run took over when its workflow was gone.',
    causes: 'A workflow that was terminated, or lost with the store of Temporal, and a new run since.',
    todo: 'Nothing, if the other run goes well; otherwise start the sync again: the cursor has not moved.',
    helps: ['status', 'run.start'],
    exit: 'conflict',
    http: 409,
  },
  LOCKED: {
    next: 'stop',
    meaning: 'Another run of this sync is open.',
    causes: 'A schedule that is faster than the run; a run that is parked or paused.',
    todo: 'Wait for it, or {run.cancel}.',
    helps: ['status', 'run.cancel'],
    exit: 'conflict',
    http: 409,
  },
  SYNC_CHANGED: {
    next: 'park',
    meaning: 'The files of the sync were edited while the run was under way, and the version it began with is gone.',
    causes: 'A sync or mapping file that was edited, and a worker that was restarted, while a run was open.',
    todo: 'Put the files back and {run.retry}, or {run.cancel} and start it again: the cursor has not moved.',
    helps: ['run.retry', 'run.cancel', 'run.start'],
    exit: 'failed',
    http: 409,
  },
  PLAN_CHANGED: {
    next: 'stop',
    meaning: 'The run was to do what was planned, and would now do something else.',
    causes:
      'Records changed in the source since the plan was made, another run came between, or the mapping was edited.',
    todo: 'Make a new plan with {plan}, look at it, and run that one. Nothing outside the plan was sent.',
    helps: ['plan'],
    exit: 'conflict',
    http: 409,
  },
} as const satisfies Record<string, FailureKind>;
