import { isSyncFailure } from '../model/failure/failure.ts';
import type { BatchRef } from '../model/sync/batch.ts';
import type { Dependencies } from './dependencies.ts';

/** What has to be made again of an earlier run's batch to read it back; undefined when its sync was edited since. */
export async function unlessEdited<T>(
  { log }: Pick<Dependencies, 'log'>,
  { run, seq }: BatchRef,
  make: () => Promise<T>,
): Promise<T | undefined> {
  try {
    return await make();
  } catch (error) {
    if (!isSyncFailure(error) || error.code !== 'SYNC_CHANGED') throw error;
    log.warn({ run, batch: seq }, 'what this run sent cannot be made again, and is not read back: the sync was edited');
    return undefined;
  }
}
