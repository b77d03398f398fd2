import { failureCauses } from './causes.ts';
import { type FailureCode, failures, type NextAction } from './failure.ts';

/** Everything that is said about a failure, wherever it is said: terminal, run details, runbook, `docs/failures.md`. */
export interface Advice {
  readonly code: FailureCode;
  readonly next: NextAction;
  readonly meaning: string;
  readonly causes: string;
  /** What the engine does by itself. */
  readonly byItself: string;
  /** What a person does. */
  readonly todo: string;
  /** To paste, in this order. */
  readonly commands: readonly string[];
}

/** What the engine does by itself after a failure. */
export const byItself: Readonly<Record<NextAction, string>> = {
  retry: 'The engine tries again by itself, with growing pauses.',
  wait: 'The engine waits until the time that the system named, and goes on by itself.',
  'set-aside': 'Only this record goes to quarantine; the others flow on.',
  park: 'The run waits for a person. Nothing is lost meanwhile.',
  stop: 'The run ends as failed. The cursor stays where it was.',
};

/** The advice on a failure of a sync. Pure. */
export function adviceFor(code: FailureCode, sync = 'SYNC'): Advice {
  const { next, meaning, todo } = failures[code];
  return {
    code,
    next,
    meaning,
    causes: failureCauses[code],
    byItself: byItself[next],
    todo: named(todo, sync),
    commands: (commandsOf[code] ?? usual[next](code)).map((command) => named(command, sync)),
  };
}

const named = (text: string, sync: string): string => text.replace(/\bSYNC\b/g, sync);

const usual: Readonly<Record<NextAction, (code: FailureCode) => readonly string[]>> = {
  retry: () => ['syncline status SYNC', 'syncline retry SYNC'],
  wait: () => ['syncline status SYNC', 'syncline retry SYNC'],
  'set-aside': (code) => [
    `syncline quarantine list SYNC --code ${code}`,
    `syncline quarantine replay SYNC --code ${code} --wait`,
  ],
  park: () => ['syncline status SYNC', 'syncline retry SYNC'],
  stop: () => ['syncline status SYNC', 'syncline run SYNC'],
};

/** A run keeps the files it began with: after mending them it has to begin again. */
const beginAgain = ['syncline check', 'syncline cancel SYNC', 'syncline run SYNC'];

/** Where the usual commands do not help. */
const commandsOf: Partial<Record<FailureCode, readonly string[]>> = {
  NOT_FOUND: ['syncline retry SYNC', ...beginAgain],
  REQUEST_REJECTED: beginAgain,
  RESPONSE_SHAPE: beginAgain,
  RESPONSE_TOO_LARGE: beginAgain,
  CURSOR_LOOP: beginAgain,
  REDIRECT_REFUSED: beginAgain,
  BATCH_LIMIT: beginAgain,
  SQL_REJECTED: ['syncline retry SYNC', ...beginAgain],
  FILE_MALFORMED: ['syncline retry SYNC', ...beginAgain],
  TOO_MANY_REJECTED: ['syncline quarantine list SYNC', 'syncline retry SYNC', ...beginAgain],
  DELETE_GUARD: ['syncline status SYNC', 'syncline retry SYNC', 'syncline skip SYNC'],
  SCHEMA_DRIFT: ['syncline status SYNC', 'syncline retry SYNC', 'syncline skip SYNC', ...beginAgain],
  QUOTA_SPENT: ['syncline status SYNC', 'syncline connections'],
  CONNECTION_DOWN: ['syncline status SYNC', 'syncline connections'],
  RUN_OPEN: ['syncline status SYNC'],
  OUTCOME_UNKNOWN: ['syncline status SYNC', 'syncline retry SYNC', 'syncline skip SYNC'],
  FENCED: ['syncline status SYNC'],
  LOCKED: ['syncline status SYNC', 'syncline cancel SYNC'],
  CONSERVATION: ['syncline status SYNC --json'],
  LEDGER_UNAVAILABLE: ['syncline doctor', 'syncline status SYNC'],
  TEMPORAL_UNAVAILABLE: ['syncline doctor'],
  STACK_FAILED: ['syncline doctor'],
  STACK_IN_USE: ['syncline dev'],
  LEDGER_OLDER: [
    'syncline retry SYNC',
    'syncline cancel SYNC',
    'syncline recover SYNC --may-repeat',
    'syncline run SYNC',
  ],
  LEDGER_NEWER: ['syncline --version', 'syncline doctor'],
  PROJECT_INVALID: ['syncline check', 'syncline retry SYNC'],
  SYNC_CHANGED: ['syncline retry SYNC', 'syncline cancel SYNC', 'syncline run SYNC'],
  PLAN_CHANGED: ['syncline plan SYNC'],
  SYNC_UNKNOWN: ['syncline check'],
  SECRET_MISSING: ['syncline doctor', 'syncline retry SYNC'],
  PAYLOAD_TOO_LARGE: ['syncline status SYNC --json'],
  INTERNAL: ['syncline status SYNC --json', 'syncline doctor'],
};
