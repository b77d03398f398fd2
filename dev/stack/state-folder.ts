import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';

/** Where everything that the engine itself writes into a project lies. */
export const stateFolderOf = (projectFolder: string): string => path.join(path.resolve(projectFolder), '.syncline');

/** Creates it, hidden from version control: it holds data and a password. */
export async function createStateFolder(projectFolder: string): Promise<string> {
  const folder = stateFolderOf(projectFolder);
  await mkdir(folder, { recursive: true });
  await writeFile(path.join(folder, '.gitignore'), '*\n', { flag: 'wx' }).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
  });
  return folder;
}

/** What is downloaded or built once for all projects of a user. */
export function cacheFolderOf(env: NodeJS.ProcessEnv, home: string): string {
  return path.join(env['XDG_CACHE_HOME'] || path.join(home, '.cache'), 'syncline');
}
