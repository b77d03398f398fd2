import path from 'node:path';

export { createStateFolder, stateFolderOf } from '../platform/foundation/state-folder.ts';

/** What is downloaded or built once for all projects of a user. */
export function cacheFolderOf(env: NodeJS.ProcessEnv, home: string): string {
  return path.join(env['XDG_CACHE_HOME'] || path.join(home, '.cache'), 'syncline');
}
