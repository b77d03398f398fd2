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
