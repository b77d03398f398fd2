/**
 * What the engine does next, which is the first thing a failure says:
 * - `retry`: try again with backoff
 * - `wait`: try again, not before the time the other side named; not counted as a failure
 * - `set-aside`: only this record goes to quarantine, the rest flow on
 * - `park`: the run waits for a person
 * - `stop`: the run ends as failed
 */
export type NextAction = 'retry' | 'wait' | 'set-aside' | 'park' | 'stop';

export interface FailureKind {
  readonly next: NextAction;
  /** One sentence: what it means. */
  readonly meaning: string;
  /** One sentence: what a person does about it. */
  readonly todo: string;
}

/**
 * Every failure of the product. Codes are an interface: they are stored in history, ledger and logs and are never renamed.
 * `docs/failures.md` is written from them, with `failure-causes.ts` and `advice.ts`; a test compares.
 */
export const failures = {
  CONNECTION_REFUSED: {
    next: 'retry',
    meaning: 'Nothing accepts connections at the address of the connection.',
    todo: 'Start the system or mend its address in connections.yaml; the run goes on by itself.',
  },
  CONNECTION_LOST: {
    next: 'retry',
    meaning: 'The connection broke before the answer was complete.',
    todo: 'Nothing, unless it lasts: then look at the network between the worker and the system.',
  },
  DNS_FAILED: {
    next: 'retry',
    meaning: 'The host name of the connection has no address.',
    todo: 'Check the host name in connections.yaml and the name server of the worker.',
  },
  TLS_FAILED: {
    next: 'park',
    meaning: 'The certificate of the other side was not accepted.',
    todo: 'Renew the certificate, or name its authority in connections.yaml; then `syncline retry SYNC`.',
  },
  TIMEOUT: {
    next: 'retry',
    meaning: 'The system did not answer within the time limit of the connection.',
    todo: 'Nothing, unless it lasts: then raise `timeout` of the connection or ask its owner.',
  },
  SERVER_ERROR: {
    next: 'retry',
    meaning: 'The system answered with an error of its own (5xx).',
    todo: 'Nothing, unless it lasts: then ask the owner of the system.',
  },
  RATE_LIMITED: {
    next: 'wait',
    meaning: 'The system asked for fewer calls (429).',
    todo: 'Nothing: the run goes on at the time the system named. If it is frequent, state the limit in connections.yaml.',
  },
  QUOTA_SPENT: {
    next: 'wait',
    meaning:
      'The calls that the connection allows in a day are used up, by its own word or by the limit that you stated.',
    todo: 'Nothing: the run goes on at the time named. If the limit has been raised, `syncline connections release NAME` ends the wait.',
  },
  CONNECTION_DOWN: {
    next: 'wait',
    meaning: 'The system has failed every call of late, so it is left alone and tried from time to time.',
    todo: 'Nothing: the run goes on when it is back. `syncline connections release NAME` tries it at once.',
  },
  CONNECTION_BUSY: {
    next: 'wait',
    meaning: 'So many steps of this connection are under way that another one would leave no place for other syncs.',
    todo: 'Nothing: it is tried again when one of them is done. If it lasts, look at what these wait for, or start another worker.',
  },
  AUTH_REJECTED: {
    next: 'park',
    meaning: 'The system did not accept the credentials (401).',
    todo: 'Renew the secret that the connection refers to; then `syncline retry SYNC`.',
  },
  FORBIDDEN: {
    next: 'park',
    meaning: 'The credentials are valid but may not do this (403).',
    todo: 'Give the account the missing right; then `syncline retry SYNC`.',
  },
  NOT_FOUND: {
    next: 'park',
    meaning: 'The address of the resource does not exist (404 or 410).',
    todo: 'If the address was missing for a while only, `syncline retry SYNC`. If the path is wrong, mend the sync file, then `syncline cancel SYNC` and start it again, because an open run keeps the files it began with.',
  },
  REQUEST_REJECTED: {
    next: 'park',
    meaning: 'The system refused the request itself, not a record in it.',
    todo: 'Compare the sync file with the documentation of the system and mend it; then `syncline cancel SYNC` and start it again, because an open run keeps the files it began with.',
  },
  RESPONSE_NOT_JSON: {
    next: 'retry',
    meaning: 'The answer was not the JSON that the sync expects (an HTML page, a cut or garbled body).',
    todo: 'If it lasts, look at what the address answers: often a login page or a proxy.',
  },
  RESPONSE_TOO_LARGE: {
    next: 'park',
    meaning: 'One answer was larger than the limit of the connection.',
    todo: 'Ask for smaller pages, or raise `maxResponseBytes` of the connection.',
  },
  RESPONSE_SHAPE: {
    next: 'park',
    meaning:
      'The answer is JSON, but the records, the next page or the results of a write are not where the sync file says.',
    todo: 'Mend `records`, `pagination` or `bulk.results` in the sync file; then `syncline cancel SYNC` and start it again, because an open run keeps the files it began with.',
  },
  CURSOR_LOOP: {
    next: 'park',
    meaning: 'The source named a page that had been read before, so reading would never end.',
    todo: 'Ask the owner of the source; a different `pagination` in the sync file may avoid it.',
  },
  REDIRECT_REFUSED: {
    next: 'park',
    meaning: 'The system sent the call to another host, or sent it round in a circle.',
    todo: 'If the other host is right, make it the address of the connection.',
  },
  ADDRESS_REFUSED: {
    next: 'park',
    meaning:
      'The address of the connection leads where it may not: into a private network, to the machine itself, to a link-local address, or over the network unencrypted.',
    todo: 'If that is right, write `network: private` or `plaintext: true` at the connection; then `syncline retry SYNC`.',
  },
  FILE_BUSY: {
    next: 'retry',
    meaning: 'Another process writes the file at this moment.',
    todo: 'Nothing: it goes on when the other has done. The lock of a process that has died is taken over within a minute.',
  },
  FILE_UNREADABLE: {
    next: 'park',
    meaning: 'A file or folder cannot be read or written.',
    todo: 'Check path, owner and permissions; then `syncline retry SYNC`. Where others may write into a folder on purpose, say `shared: true` at the connection.',
  },
  FILE_MALFORMED: {
    next: 'park',
    meaning: 'A file is not the CSV or JSON Lines that it should be.',
    todo: 'Mend the file at the line named, then `syncline retry SYNC`; or mend the sync file, then `syncline cancel SYNC` and start it again, because an open run keeps the files it began with.',
  },
  SQL_UNAVAILABLE: {
    next: 'retry',
    meaning: 'The database cannot be reached or dropped the connection.',
    todo: 'Start the database or mend its address; the run goes on by itself.',
  },
  SQL_REJECTED: {
    next: 'park',
    meaning: 'The database refused the statement: a table, column or right is missing.',
    todo: 'Mend the table, then `syncline retry SYNC`; or mend the sync file, then `syncline cancel SYNC` and start it again, because an open run keeps the files it began with.',
  },
  SOURCE_INCOMPLETE: {
    next: 'retry',
    meaning: 'The source ended before it had given what it promised.',
    todo: 'Nothing, unless it lasts: then ask the owner of the source.',
  },
  BATCH_LIMIT: {
    next: 'park',
    meaning: 'The destination refuses even a single record as too large.',
    todo: 'Shorten the record in the mapping.',
  },
  KEY_MISSING: {
    next: 'set-aside',
    meaning: 'The record has no key.',
    todo: 'Mend the record at the source, or choose another key in the sync file.',
  },
  KEY_TYPE: {
    next: 'set-aside',
    meaning: 'The key is neither text nor a whole number.',
    todo: 'Choose another key in the sync file.',
  },
  NOT_A_RECORD: {
    next: 'set-aside',
    meaning: 'What the source gave is not an object.',
    todo: 'Check `records` in the sync file.',
  },
  VERSION_INVALID: {
    next: 'set-aside',
    meaning: 'The version field is neither a time nor a whole number, so newest-wins cannot be decided.',
    todo: 'Mend the record at the source, or choose another version field in the sync file.',
  },
  SOURCE_SCHEMA: {
    next: 'set-aside',
    meaning: 'The record does not have the shape that the source schema states.',
    todo: 'Mend the record at the source, or the schema in the mapping file.',
  },
  FIELD_UNKNOWN: {
    next: 'set-aside',
    meaning:
      'The record has a field that the source schema does not have, and the contract of the sync rejects such records.',
    todo: 'Add the field to the schema in the mapping file, or state another `contract`; then replay it from quarantine.',
  },
  MAPPING_REJECTED: {
    next: 'set-aside',
    meaning: 'A rule of the mapping rejected the record.',
    todo: 'Mend the record at the source, or choose another policy in the mapping.',
  },
  DESTINATION_SCHEMA: {
    next: 'set-aside',
    meaning: 'The mapped record does not have the shape that the destination schema states.',
    todo: 'Mend the mapping.',
  },
  TEXT_NUL: {
    next: 'set-aside',
    meaning: 'A text holds a NUL character or half of a surrogate pair, which the destination cannot store.',
    todo: 'Clean the text at the source, or with a rule in the mapping.',
  },
  RECORD_TOO_DEEP: {
    next: 'set-aside',
    meaning: 'A record is nested deeper than a hundred levels, which no business record is.',
    todo: 'Look at the record at its source; something there contains itself.',
  },
  RECORD_TOO_LARGE: {
    next: 'set-aside',
    meaning: 'The record is larger than the policy allows.',
    todo: 'Raise `maxRecordBytes` in the policy, or leave the large field out.',
  },
  RECORD_REJECTED: {
    next: 'set-aside',
    meaning: 'The destination refused this record and said why.',
    todo: 'Mend the record or the mapping; then replay it from quarantine.',
  },
  ANSWER_UNCLEAR: {
    next: 'set-aside',
    meaning:
      'The destination answered several times, and never said what became of this record: it may be there or not.',
    todo: 'Look for the record in the destination, and state in the sync file where its answers say how a record went (`bulk.results`); then replay it from quarantine.',
  },
  CONFLICT: {
    next: 'set-aside',
    meaning: 'The destination holds a newer or different version of this record.',
    todo: 'Decide which side wins; then replay it from quarantine.',
  },
  DESTINATION_KEY_TAKEN: {
    next: 'set-aside',
    meaning:
      'The destination takes the key of this record for that of another one, which has its row: writing it would overwrite that record.',
    todo: 'Mend one of the two keys at the source. If the other record is gone from it, the next full run hands its row over: `syncline run SYNC --full`.',
  },
  SCHEMA_DRIFT: {
    next: 'park',
    meaning: 'The records of the source no longer have the shape that they had, and that the mapping was written for.',
    todo: 'Look at the fields that are named. `syncline retry SYNC` once the source is mended; `syncline skip SYNC` to go on with the records as they are; or mend the mapping, `syncline cancel SYNC` and start it again, because an open run keeps the files it began with.',
  },
  TOO_MANY_REJECTED: {
    next: 'park',
    meaning:
      'More records were rejected than the policy allows, which looks like a changed schema, not like bad records.',
    todo: 'Look at the quarantine. If the destination has been mended, `syncline retry SYNC` asks it again. If the mapping is mended or `maxRejectedShare` raised, `syncline cancel SYNC` and start it again, because an open run keeps the files it began with.',
  },
  DELETE_GUARD: {
    next: 'park',
    meaning:
      'More records are gone from the source than may be deleted without a look: it may not have given all it has.',
    todo: 'Look at the source; then `syncline retry SYNC` to delete them in the destination, or `syncline skip SYNC` to leave them.',
  },
  IDEMPOTENCY_MISMATCH: {
    next: 'park',
    meaning: 'The destination had a request under the same idempotency key with other content.',
    todo: 'Look at the destination, and at who else sends keys to it; then `syncline retry SYNC`, or `syncline cancel SYNC`. A new key is never made up.',
  },
  OUTCOME_UNKNOWN: {
    next: 'park',
    meaning: 'A write may or may not have happened, and this destination offers no way to find out.',
    todo: 'Look at the destination; then `syncline retry SYNC` to send again or `syncline skip SYNC` to count it as done.',
  },
  RUN_OPEN: {
    next: 'wait',
    meaning: 'Another run of the sync is open; this one begins when it has ended.',
    todo: 'Nothing. `syncline status SYNC` says how the other run goes.',
  },
  FENCED: {
    next: 'retry',
    meaning: 'Another writer has taken over since this one began; its late write was refused.',
    todo: 'Nothing: the step is tried again as the newest writer, or another worker is already at it.',
  },
  HOLD_LOST: {
    next: 'stop',
    meaning: 'The run no longer holds its sync: it has ended, or another run took over when its workflow was gone.',
    todo: 'Nothing, if the other run goes well; otherwise start the sync again: the cursor has not moved.',
  },
  LOCKED: {
    next: 'stop',
    meaning: 'Another run of this sync is open.',
    todo: 'Wait for it, or `syncline cancel SYNC`.',
  },
  CONSERVATION: {
    next: 'stop',
    meaning: 'The counts of the run do not add up. This is a defect of the engine.',
    todo: "Report it with the run's id; nothing was deleted and the cursor was not moved.",
  },
  STAGING_LOST: {
    next: 'stop',
    meaning: 'A staged batch is gone or damaged.',
    todo: 'Start the sync again: the cursor has not moved.',
  },
  LEDGER_UNAVAILABLE: {
    next: 'retry',
    meaning: 'The ledger database cannot be reached, or cannot take what is written at the moment.',
    todo: 'Look at PostgreSQL: whether it runs, has room and takes writes, with the rights that DATABASE_URL needs. The run goes on by itself.',
  },
  TEMPORAL_UNAVAILABLE: {
    next: 'retry',
    meaning: 'The Temporal server cannot be reached.',
    todo: 'Start it or mend TEMPORAL_ADDRESS; `syncline doctor` says what answers.',
  },
  STACK_FAILED: {
    next: 'stop',
    meaning: 'The embedded Temporal or PostgreSQL could not be started.',
    todo: 'The message names the cause; `syncline doctor` checks every part. TEMPORAL_ADDRESS and DATABASE_URL name servers of your own.',
  },
  STACK_IN_USE: {
    next: 'stop',
    meaning: 'Another command runs the embedded services of this project.',
    todo: 'Wait for the process that is named, or start `syncline dev`, which any number of commands share.',
  },
  LEDGER_OLDER: {
    next: 'park',
    meaning:
      'The ledger does not know a run that Temporal saw end well: it is an older copy, or a new one, and what was delivered since would be delivered again.',
    todo: 'Put the right ledger back and `syncline retry SYNC`; or `syncline cancel SYNC`, `syncline recover SYNC --may-repeat`, start it again, and look for doubles afterwards.',
  },
  LEDGER_NEWER: {
    next: 'stop',
    meaning: 'The ledger was written by a newer version of the engine.',
    todo: 'Upgrade this engine.',
  },
  PROJECT_INVALID: {
    next: 'park',
    meaning: 'connections.yaml, a mapping or a sync file has errors.',
    todo: '`syncline check` lists them; then `syncline retry SYNC`.',
  },
  SYNC_CHANGED: {
    next: 'park',
    meaning: 'The files of the sync were edited while the run was under way, and the version it began with is gone.',
    todo: 'Put the files back and `syncline retry SYNC`, or `syncline cancel SYNC` and start it again: the cursor has not moved.',
  },
  PLAN_CHANGED: {
    next: 'stop',
    meaning: 'The run was to do what was planned, and would now do something else.',
    todo: 'Make a new plan with `syncline plan SYNC`, look at it, and run that one. Nothing outside the plan was sent.',
  },
  SYNC_UNKNOWN: {
    next: 'stop',
    meaning: 'The project has no sync of this name.',
    todo: '`syncline check` lists the syncs.',
  },
  SECRET_MISSING: {
    next: 'park',
    meaning: 'A secret that a connection refers to cannot be read.',
    todo: 'Put the secret where the message says that it is missing; then `syncline retry SYNC`.',
  },
  SECRET_STORE_UNAVAILABLE: {
    next: 'retry',
    meaning: 'The store of a secret does not answer, and its value is not known from before.',
    todo: 'Nothing, unless it lasts: then look at the store; the run goes on by itself.',
  },
  ENCRYPTION_KEY_MISSING: {
    next: 'park',
    meaning: 'What is kept encrypted cannot be read or written, because its key is not there.',
    todo: 'Give every worker and command the same keys in SYNCLINE_KEY or SYNCLINE_KEY_FILE, the old ones after the new; then `syncline retry SYNC`. Where a key is lost: `syncline connections release NAME` drops tokens, `syncline secrets set NAME` replaces an entry of the vault.',
  },
  SEALED_DATA_DAMAGED: {
    next: 'park',
    meaning: 'Something that was kept encrypted has been changed, cut or moved since.',
    todo: 'Set the secret that the message names anew, or put the data back from a backup; then `syncline retry SYNC`.',
  },
  PAYLOAD_TOO_LARGE: {
    next: 'stop',
    meaning: 'A message to Temporal would exceed the limit of the engine. This is a defect of the engine.',
    todo: 'Report it with the name of the step.',
  },
  INTERNAL: {
    next: 'retry',
    meaning: 'An error that the engine does not know. This is a defect of the engine or of a rule.',
    todo: 'If it lasts, report it with the message.',
  },
} as const satisfies Record<string, FailureKind>;

export type FailureCode = keyof typeof failures;

export const isFailureCode = (code: unknown): code is FailureCode =>
  typeof code === 'string' && Object.hasOwn(failures, code);

/** On which side of a sync a failure happened, and at which connection: source and destination are never confused. */
export interface FailurePlace {
  readonly side: 'source' | 'destination';
  readonly connection: string;
}

/** A place as a failure carries it through Temporal; undefined when it carries none. */
export function failurePlace(detail: unknown): FailurePlace | undefined {
  if (typeof detail !== 'object' || detail === null || !('side' in detail) || !('connection' in detail))
    return undefined;
  const { side, connection } = detail;
  if (side !== 'source' && side !== 'destination') return undefined;
  return typeof connection === 'string' ? { side, connection } : undefined;
}

export interface FailureDetail {
  /** Not before this many milliseconds from now; only for `retry` and `wait`. */
  readonly retryAfterMs?: number;
  /**
   * Whether a failed write can have changed the other side: `none` when it surely did not (refused, 429),
   * `unknown` when it may have (time-out, cut connection, 500). Default `unknown`.
   */
  readonly effect?: 'none' | 'unknown';
  readonly cause?: unknown;
}

/**
 * A failure with a code of the list. Its message says what happened where, in words without record data,
 * secrets or response bodies: it is shown in history and logs.
 */
export class SyncFailure extends Error {
  override readonly name = 'SyncFailure';
  readonly code: FailureCode;
  readonly retryAfterMs: number | undefined;
  readonly effect: 'none' | 'unknown';
  /** Set once, where a step called the system; absent for failures of the engine's own parts. */
  place?: FailurePlace;

  constructor(code: FailureCode, message: string, detail: FailureDetail = {}) {
    super(message, detail.cause === undefined ? undefined : { cause: detail.cause });
    this.code = code;
    this.retryAfterMs = detail.retryAfterMs;
    this.effect = detail.effect ?? 'unknown';
  }

  get next(): NextAction {
    return failures[this.code].next;
  }
}

/** Recognises a SyncFailure of another copy of this module too, as a project's own connector may have loaded one. */
export const isSyncFailure = (error: unknown): error is SyncFailure =>
  error instanceof Error && error.name === 'SyncFailure' && 'code' in error && isFailureCode(error.code);
