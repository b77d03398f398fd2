import type { LoadedSync } from '../model/sync/project.ts';
import { checkProject } from '../project/load.ts';
import { soundSync } from '../project/sound-sync.ts';
import type { OperationContext } from './context.ts';

/** A sync as its files are now, and the folder of its project. */
export interface ReadSync {
  readonly loaded: LoadedSync;
  readonly folder: string;
}

/** Throws what is wrong with the sync's files, or that there are none. */
export async function readSync({ projectFolder, env }: OperationContext, sync: string): Promise<ReadSync> {
  const checked = await checkProject(projectFolder, env);
  return { loaded: soundSync(checked, sync), folder: checked.project?.folder ?? projectFolder };
}
