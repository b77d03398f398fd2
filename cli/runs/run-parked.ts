import { type FailureCode, SyncFailure } from '../../model/failure/failure.ts';
import { adviceLines } from './advice-lines.ts';

/** The run that a command followed waits for a person: whatever the cause, the command has not seen its end. */
export class RunParked extends SyncFailure {
  constructor(code: FailureCode, message: string, sync: string) {
    super(code, message, { todo: adviceLines(code, sync).join(' ') });
  }
}
