import { refusal, type SyncFailure } from '../model/failure/failure.ts';

/** The command line is wrong in a way that only the command itself can tell. */
export const usage = (message: string): SyncFailure => refusal('USAGE', message);
