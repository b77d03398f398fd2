import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { errorCode } from '../model/failure/error-code.ts';
import { SyncFailure } from '../model/failure/failure.ts';
import { createFile } from '../platform/foundation/atomic-file.ts';
import { stateFolderOf } from '../platform/foundation/state-folder.ts';

export { stateFolderOf };

/**
 * Creates it, hidden from version control: it holds data and a password. Throws STACK_FAILED where nothing can be
 * written, such as in a project of somebody else.
 */
export async function createStateFolder(projectFolder: string): Promise<string> {
  const folder = stateFolderOf(projectFolder);
  try {
    await mkdir(folder, { recursive: true });
    await createFile(path.join(folder, '.gitignore'), '*\n');
  } catch (error) {
    const message = `the project's folder for data, ${folder}, cannot be written to (${errorCode(error) ?? 'unknown'})`;
    throw new SyncFailure('STACK_FAILED', message, { cause: error });
  }
  return folder;
}

/** What is downloaded or built once for all projects of a user. */
export function cacheFolderOf(env: NodeJS.ProcessEnv, home: string): string {
  return path.join(env['XDG_CACHE_HOME'] || path.join(home, '.cache'), 'syncline');
}
