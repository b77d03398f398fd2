import path from 'node:path';

/** What is downloaded or built once for all projects of a user. */
export function cacheFolderOf(env: NodeJS.ProcessEnv, home: string): string {
  return path.join(env['XDG_CACHE_HOME'] || path.join(home, '.cache'), 'syncline');
}
