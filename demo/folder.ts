import { mkdir, readdir } from 'node:fs/promises';
import path from 'node:path';
import { errorCode } from '../model/failure/error-code.ts';
import { createStateFolder } from '../platform/foundation/state-folder.ts';
import { removeProject } from '../stack/remove-project.ts';

/**
 * A folder of this demo alone, below `.syncline/demo` of the project, named by its process. Those of demos that were
 * killed are removed.
 */
export async function freshFolder(projectFolder: string): Promise<string> {
  const all = path.join(await createStateFolder(projectFolder), 'demo');
  for (const name of await readdir(all).catch(() => [])) {
    const pid = Number(/^(\d+)$/.exec(name)?.[1] ?? 0);
    if (pid > 0 && !isAlive(pid)) await removeProject(path.join(all, name));
  }
  const folder = path.join(all, String(process.pid));
  await removeProject(folder);
  await mkdir(folder, { recursive: true });
  return folder;
}

/** What cannot be removed now is removed by the next demo. */
export const removeFolder = (folder: string): Promise<void> => removeProject(folder).catch(() => {});

/** Whether a process of this number runs, whoever owns it. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return errorCode(error) === 'EPERM';
  }
}
