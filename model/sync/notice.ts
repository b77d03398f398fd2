/**
 * What becomes of a run with a notice:
 * - `told`: it may still read as `succeeded`; what it delivered is right
 * - `partial`: it could not know whether everything arrived as it should, so it does not read as success (invariant 11)
 */
export type NoticeOutcome = 'told' | 'partial';

export interface NoticeKind {
  readonly outcome: NoticeOutcome;
  /** One sentence: what it means. */
  readonly meaning: string;
  /** One sentence: what a person does about it. */
  readonly todo: string;
}

/**
 * Everything that a run can have found odd without a step failing of it. Codes are an interface: they are stored in the
 * ledger and are never renamed. `docs/failures.md` lists them; a test compares.
 */
export const notices = {
  VERSION_AHEAD: {
    outcome: 'told',
    meaning:
      'Records are stamped later than the clock of their source allows. They are delivered, and read again by each run; the watermark stays behind the clock.',
    todo: 'Correct the stamps at the source.',
  },
  VERSION_KIND_DIFFERS: {
    outcome: 'told',
    meaning:
      'Records have a version of another kind than those of the sync: a number among times, or a time among numbers. They are delivered, and the watermark does not follow them.',
    todo: 'Have the source write versions in one way; until then let a full run find their changes: `syncline run SYNC --full`.',
  },
  WATERMARK_AHEAD: {
    outcome: 'told',
    meaning: 'The watermark lay beyond the clock, so that changes since were hidden from incremental runs.',
    todo: 'Nothing: the run reads again from where it stood before.',
  },
  KEYS_REPEAT: {
    outcome: 'partial',
    meaning: 'The source gave several records with one key, though the sync says that the key identifies a record.',
    todo: 'Name a key in the sync file that is different for each record, or mend the source.',
  },
  NOT_AT_DESTINATION: {
    outcome: 'partial',
    meaning: 'The destination confirmed records, and does not have them.',
    todo: 'The next run sends them again, a few times; `syncline reconcile SYNC --repair` does it now, and `syncline reconcile SYNC --give-up --reason TEXT` leaves them as they are.',
  },
  DIFFERS_AT_DESTINATION: {
    outcome: 'partial',
    meaning: 'The destination has records in another form than they were sent.',
    todo: 'The next run sends them again, a few times; if the destination changes the field on purpose, name it in `destinationAlters` of the sync file.',
  },
  DESTINATION_ALTERS: {
    outcome: 'partial',
    meaning:
      'The destination changes a field of most records that it is sent, so that sending them again would change nothing.',
    todo: 'Let the mapping send what the destination keeps, or name the field in `destinationAlters` of the sync file.',
  },
  FILE_WITHOUT_RECORDS: {
    outcome: 'told',
    meaning: 'A file of the source has no record: it is empty, or has no more than a header or blank lines.',
    todo: 'Where records were expected, look at the file and at the program that writes it.',
  },
  READ_AGAIN: {
    outcome: 'told',
    meaning: 'The list at the source shifted while it was read page by page, so it was read again from its start.',
    todo: 'Nothing, unless it is frequent: then read at a quieter time, or by a cursor if the source has one.',
  },
  READ_SHIFTED: {
    outcome: 'partial',
    meaning:
      'The list at the source shifted each time it was read, so that records may have been passed over; the cursor of the sync stays.',
    todo: 'Read at a quieter time: the next run reads the same again. Better a `pagination` by cursor, or a `query` that sorts by what never changes.',
  },
  PAGES_REPEAT: {
    outcome: 'partial',
    meaning:
      'Pages by number or offset gave a key twice in one reading; another record may have been passed over in its place.',
    todo: 'Have `query` sort by something that is unique and never changes, then run with `--full`. If the list only grows and its keys do repeat, say `appendOnly: true` in `pagination`.',
  },
  LEDGER_OLDER: {
    outcome: 'told',
    meaning:
      'The ledger did not know a run that Temporal saw end well: it is an older copy, or a new one. The sync recovers by itself: each record is looked at in the destination before it is written, and nothing is deleted.',
    todo: '`syncline run SYNC --full --wait`, then `syncline reconcile SYNC --repair`, which ends the recovery when both sides agree.',
  },
} as const satisfies Record<string, NoticeKind>;

export type NoticeCode = keyof typeof notices;

/** Something that a run found odd. Says what and how often, never a value of a record (invariant 8). */
export interface Notice {
  readonly code: NoticeCode;
  /** What it is about, such as a field; empty where it is about the whole run. With the code it tells one from another. */
  readonly subject: string;
  readonly records: number;
  /** For people: what was found, with numbers. */
  readonly detail: string;
}

/** A notice of a run, as it is shown. */
export interface RunNotice extends Notice, NoticeKind {
  /** An earlier run of the sync has told the same. */
  readonly toldBefore: boolean;
}

export const isNoticeCode = (code: string): code is NoticeCode => Object.hasOwn(notices, code);
