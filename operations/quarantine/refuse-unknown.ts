import { isSyncFailure } from '../../model/failure/failure.ts';
import { checkProject } from '../../project/load.ts';
import { soundSync } from '../../project/sound-sync.ts';
import type { OperationContext } from '../context.ts';

/** A misspelt name must not read as an empty quarantine. What the ledger still has of a removed sync can be seen. */
export async function refuseUnknown({ projectFolder, env }: OperationContext, sync: string): Promise<void> {
  try {
    soundSync(await checkProject(projectFolder, env), sync);
  } catch (error) {
    if (isSyncFailure(error) && error.code === 'SYNC_UNKNOWN') throw error;
  }
}
