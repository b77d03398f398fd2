import { SyncFailure } from '../model/failure/failure.ts';
import type { LoadedSync } from '../model/sync/project.ts';
import { didYouMean } from '../model/text/near-name.ts';
import { type CheckedProject, ProjectInvalid } from './load.ts';

/**
 * A sync of a project, whatever is wrong with the others. Throws PROJECT_INVALID when it is this one that has errors,
 * or the project as a whole; SYNC_UNKNOWN, with the nearest name, when there is none.
 */
export function soundSync({ project, problems }: CheckedProject, name: string): LoadedSync {
  const sync = project?.syncs.get(name);
  if (sync) return sync;
  const errors = problems.filter((problem) => problem.severity === 'error');
  const own = errors.filter((problem) => problem.sync === name || problem.file === `syncs/${name}.ts`);
  if (own.length > 0) throw new ProjectInvalid(own);
  const names = [...(project?.syncs.keys() ?? [])];
  if (names.length === 0 && errors.length > 0) throw new ProjectInvalid(errors);
  const hint = didYouMean(name, names) || ` There are: ${names.join(', ') || 'none'}.`;
  throw new SyncFailure('SYNC_UNKNOWN', `the project has no sync \`${name}\`.${hint}`, { effect: 'none' });
}
