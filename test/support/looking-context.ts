import { localAuthority } from '../../operations/authority.ts';
import type { LookingContext, RunningServices } from '../../operations/context.ts';
import { noting } from './stack.ts';

/** What operations work with that start nothing. */
export const lookingContext = (
  projectFolder: string,
  { temporal = null, databaseUrl = null }: Partial<RunningServices> = {},
): LookingContext => ({
  who: { kind: 'local', name: 'test' },
  authority: localAuthority,
  projectFolder,
  env: {},
  progress: noting(),
  gone: () => new AbortController().signal,
  running: async () => ({ temporal, databaseUrl }),
});
