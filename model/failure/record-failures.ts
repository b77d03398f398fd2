import type { FailureKind } from './failure-kind.ts';

/** Failures of one record: the others flow on. */
export const recordFailures = {
  KEY_MISSING: {
    next: 'set-aside',
    meaning: 'The record has no key.',
    causes: 'A record that was never given an id; the wrong field named as `key`.',
    todo: 'Mend the record at the source, or choose another key in the sync file.',
    helps: ['quarantine.list code', 'quarantine.replay code wait'],
    exit: 'failed',
    http: 422,
  },
  KEY_TYPE: {
    next: 'set-aside',
    meaning: 'The key is neither text nor a whole number.',
    causes: 'An object, list or fraction where the key should be.',
    todo: 'Choose another key in the sync file.',
    helps: ['quarantine.list code', 'quarantine.replay code wait'],
    exit: 'failed',
    http: 422,
  },
  NOT_A_RECORD: {
    next: 'set-aside',
    meaning: 'What the source gave is not an object.',
    causes:
      'A list of numbers or texts; `records` that points one level too deep; a row with bytes that are not UTF-8, in a database without an encoding.',
    todo: 'Check `records` in the sync file.',
    helps: ['quarantine.list code', 'quarantine.replay code wait'],
    exit: 'failed',
    http: 422,
  },
  VERSION_INVALID: {
    next: 'set-aside',
    meaning: 'The version field is neither a time nor a whole number, so newest-wins cannot be decided.',
    causes: 'A version field that is empty in some records, or holds text of another form.',
    todo: 'Mend the record at the source, or choose another version field in the sync file.',
    helps: ['quarantine.list code', 'quarantine.replay code wait'],
    exit: 'failed',
    http: 422,
  },
  SOURCE_SCHEMA: {
    next: 'set-aside',
    meaning: 'The record does not have the shape that the source schema states.',
    causes: 'A field that is missing, null or of another type than the source schema states.',
    todo: 'Mend the record at the source, or the schema in the mapping file.',
    helps: ['quarantine.list code', 'quarantine.replay code wait'],
    exit: 'failed',
    http: 422,
  },
  FIELD_UNKNOWN: {
    next: 'set-aside',
    meaning:
      'The record has a field that the source schema does not have, and the contract of the sync rejects such records.',
    causes: "The source has a new field; `contract: 'reject'` in the sync file. See [drift.md](drift.md).",
    todo: 'Add the field to the schema in the mapping file, or state another `contract`; then replay it from quarantine.',
    helps: ['quarantine.list code', 'quarantine.replay code wait'],
    exit: 'failed',
    http: 422,
  },
  MAPPING_REJECTED: {
    next: 'set-aside',
    meaning: 'A rule of the mapping rejected the record.',
    causes:
      'A value that a rule of the mapping refuses: an impossible date, an unknown currency, a missing value under `orReject`.',
    todo: 'Mend the record at the source, or choose another policy in the mapping.',
    helps: ['quarantine.list code', 'quarantine.replay code wait'],
    exit: 'failed',
    http: 422,
  },
  DESTINATION_SCHEMA: {
    next: 'set-aside',
    meaning: 'The mapped record does not have the shape that the destination schema states.',
    causes:
      'A rule of your own that makes something else than it promises; a limit in the destination schema, such as a length.',
    todo: 'Mend the mapping.',
    helps: ['quarantine.list code', 'quarantine.replay code wait'],
    exit: 'failed',
    http: 422,
  },
  TEXT_NUL: {
    next: 'set-aside',
    meaning: 'A text holds a NUL character or half of a surrogate pair, which the destination cannot store.',
    causes: 'Text copied from a binary file; text cut in the middle of an emoji.',
    todo: 'Clean the text at the source, or with a rule in the mapping.',
    helps: ['quarantine.list code', 'quarantine.replay code wait'],
    exit: 'failed',
    http: 422,
  },
  RECORD_TOO_DEEP: {
    next: 'set-aside',
    meaning: 'A record is nested deeper than a hundred levels, which no business record is.',
    causes: 'A tree or a chain of replies that is sent as one record; an attack.',
    todo: 'Look at the record at its source; something there contains itself.',
    helps: ['quarantine.list code', 'quarantine.replay code wait'],
    exit: 'failed',
    http: 422,
  },
  RECORD_TOO_LARGE: {
    next: 'set-aside',
    meaning: 'The record is larger than the policy allows.',
    causes: 'An attachment or a picture inside the record.',
    todo: 'Raise `maxRecordBytes` in the policy, or leave the large field out.',
    helps: ['quarantine.list code', 'quarantine.replay code wait'],
    exit: 'failed',
    http: 422,
  },
  RECORD_REJECTED: {
    next: 'set-aside',
    meaning: 'The destination refused this record and said why.',
    causes:
      'A rule of the destination that the destination schema does not state: a unique field, a foreign key, a closed period.',
    todo: 'Mend the record or the mapping; then replay it from quarantine.',
    helps: ['quarantine.list code', 'quarantine.replay code wait'],
    exit: 'failed',
    http: 422,
  },
  ANSWER_UNCLEAR: {
    next: 'set-aside',
    meaning:
      'The destination answered several times, and never said what became of this record: it may be there or not.',
    causes:
      'Results that leave a record out, or hold it in a list of their own; a destination that answers before it has done the work.',
    todo: 'Look for the record in the destination, and state in the sync file where its answers say how a record went (`bulk.results`); then replay it from quarantine.',
    helps: ['quarantine.list code', 'quarantine.replay code wait'],
    exit: 'failed',
    http: 422,
  },
  CONFLICT: {
    next: 'set-aside',
    meaning: 'The destination holds a newer or different version of this record.',
    causes: 'Somebody changed the record in the destination.',
    todo: 'Decide which side wins; then replay it from quarantine.',
    helps: ['quarantine.list code', 'quarantine.replay code wait'],
    exit: 'failed',
    http: 409,
  },
  DESTINATION_KEY_TAKEN: {
    next: 'set-aside',
    meaning:
      'The destination takes the key of this record for that of another one, which has its row: writing it would overwrite that record.',
    causes:
      'Keys that differ only in capital letters, spaces or zeros before a number, where the destination does not tell them apart; a mapping that makes one key of two; a key that was respelt at the source.',
    todo: 'Mend one of the two keys at the source. If the other record is gone from it, the next full run hands its row over: {run.start full}.',
    helps: ['quarantine.list code', 'quarantine.replay code wait'],
    exit: 'failed',
    http: 409,
  },
} as const satisfies Record<string, FailureKind>;
