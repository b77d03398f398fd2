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
};

/** What a SQLSTATE says about a row (PostgreSQL manual, appendix A), with the names of column and constraint. */
export function rowMessage(state: string, fault: RowFault): string {
  const words = rowWords[state] ?? 'the database refused the row';
  const column = fault.column === undefined ? '' : `column ${fault.column}: `;
  const constraint = fault.constraint === undefined ? '' : `, constraint ${fault.constraint}`;
  return `${column}${words} (${state}${constraint})`;
}
