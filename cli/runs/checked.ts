import type { LoadedSync } from '../../model/sync/project.ts';
import { checkProject } from '../../project/load.ts';
import { keepSound } from '../../project/sound-before.ts';
import { soundSync } from '../../project/sound-sync.ts';
import { createStateFolder } from '../../stack/state-folder.ts';
import type { CliContext } from '../context.ts';

/** Reads and checks the project, keeps the outcome for commands that only start a run, and gives one sync of it. */
export async function checkedSync({ projectFolder, env }: CliContext, sync: string): Promise<LoadedSync> {
  const checked = await checkProject(projectFolder, env);
  const loaded = soundSync(checked, sync);
  await createStateFolder(projectFolder)
    .then(() => keepSound(projectFolder, env, checked.project?.syncs.keys() ?? []))
    // A folder that cannot be written to is checked again each time.
    .catch(() => {});
  return loaded;
}
