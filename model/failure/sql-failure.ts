import { type FailureDetail, SyncFailure } from './failure.ts';

/** What the database says about a refused row, in names only: its message and detail may quote the row. */
export interface RowFault {
  readonly column?: string;
  readonly constraint?: string;
  /** Counted from 1 within a COPY. */
  readonly copyLine?: number;
}

/** A statement failed because of the content of one row (SQLSTATE classes 22, 23 and the like), not as a whole. */
export class SqlRowFailure extends SyncFailure {
  readonly fault: RowFault;

  constructor(message: string, fault: RowFault, detail: FailureDetail = {}) {
    super('RECORD_REJECTED', message, detail);
    this.fault = fault;
  }
}

/**
 * The database refused a statement for a reason that lies in some of its rows or in all of it, such as a missing right:
 * only trying the rows one by one tells.
 */
export class SqlRightFailure extends SyncFailure {
  constructor(message: string, detail: FailureDetail = {}) {
    super('SQL_REJECTED', message, detail);
  }
}

/**
 * The states of failures that speak of the server, of the statement or of the code behind a table, whatever the row, as a
 * pattern for JavaScript and PostgreSQL. All others are the row's, also those that a trigger names as it likes; 42501 may be
 * (PostgreSQL manual, appendix A).
 */
export const NOT_OF_A_ROW = '^(0[8ABFLPZ]|25|26|28|2B|2D|34|38|39|3[BDF]|40|42(?!501)|53|55|57|58|72|F0|HV|XX)';

const rowWords: Readonly<Record<string, string>> = {
  '22001': 'the text is too long',
  '22003': 'the number is out of range',
  '22007': 'the value is not a valid date or time',
  '22008': 'the date or time is out of range',
  '22P02': 'the value does not have the type of the column',
  '22021': 'the text has bytes that the encoding of the database does not allow',
  '23502': 'the value is missing',
  '23503': 'the row it refers to does not exist, or is still referred to',
  '23505': 'another row already has this value',
  '23514': 'a check of the table does not hold',
  '23P01': 'it overlaps another row',
  '42501': 'a policy or trigger of the table does not allow the row',
};

/** What a SQLSTATE says about a row (PostgreSQL manual, appendix A), with the names of column and constraint. */
export function rowMessage(state: string, fault: RowFault): string {
  const words = rowWords[state] ?? 'the database refused the row';
  const column = fault.column === undefined ? '' : `column ${fault.column}: `;
  const constraint = fault.constraint === undefined ? '' : `, constraint ${fault.constraint}`;
  return `${column}${words} (${state}${constraint})`;
}
