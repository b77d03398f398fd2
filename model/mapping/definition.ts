import { SyncFailure } from '../failure/failure.ts';

/** A mistake in a mapping file, found while the file is read: it stops `check` and every run of its syncs. */
export const definitionError = (message: string): SyncFailure => new SyncFailure('PROJECT_INVALID', message);
