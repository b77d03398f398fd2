import type { LoadedSync } from '../../model/sync/project.ts';
import { createStateFolder } from '../../platform/foundation/state-folder.ts';
import { checkProject } from '../../project/load.ts';
import { keepSound } from '../../project/sound-before.ts';
import { soundSync } from '../../project/sound-sync.ts';
import type { OperationContext } from '../context.ts';

/** Reads and checks the project, keeps the outcome for those who only start a run, and gives one sync of it. */
export async function checkedSync({ projectFolder, env }: OperationContext, sync: string): Promise<LoadedSync> {
  const checked = await checkProject(projectFolder, env);
  const loaded = soundSync(checked, sync);
  await createStateFolder(projectFolder)
    .then(() => keepSound(projectFolder, env, checked.project?.syncs.keys() ?? []))
    // A folder that cannot be written to is checked again each time.
    .catch(() => {});
  return loaded;
}
