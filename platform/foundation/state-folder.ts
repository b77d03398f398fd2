import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { errorCode } from '../../model/failure/error-code.ts';
import { SyncFailure } from '../../model/failure/failure.ts';
import { createFile } from './atomic-file.ts';

/** Where everything that the engine itself writes into a project lies. */
export const stateFolderOf = (projectFolder: string): string => join(resolve(projectFolder), '.syncline');

/**
 * Creates it, hidden from version control: it holds data and a password. Throws STACK_FAILED where nothing can be
 * written, such as in a project of somebody else.
 */
export async function createStateFolder(projectFolder: string): Promise<string> {
  const folder = stateFolderOf(projectFolder);
  try {
    await mkdir(folder, { recursive: true });
    await createFile(join(folder, '.gitignore'), '*\n');
  } catch (error) {
    const message = `the project's folder for data, ${folder}, cannot be written to (${errorCode(error) ?? 'unknown'})`;
    throw new SyncFailure('STACK_FAILED', message, { cause: error });
  }
  return folder;
}
