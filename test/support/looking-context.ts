import type { LookingContext, RunningServices } from '../../operations/context.ts';
import { folderContext } from './operation-context.ts';

/** What operations work with that look at what is up, and start nothing. */
export const lookingContext = (
  projectFolder: string,
  { temporal = null, databaseUrl = null }: Partial<RunningServices> = {},
): LookingContext => ({
  ...folderContext(projectFolder),
  running: async () => ({ temporal, databaseUrl }),
});
