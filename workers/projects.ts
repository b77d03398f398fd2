import type { Dependencies } from '../activities/dependencies.ts';
import { SyncFailure } from '../model/failure.ts';
import type { LoadedSync, Project } from '../model/project.ts';
import { type Environment, loadProject, projectFingerprint } from '../platform/project/load.ts';

/**
 * The project folder as a worker sees it: read again when its files have changed, with the versions kept that open
 * runs began with.
 */
export function projectStore(folder: string, env: Environment): Dependencies['projects'] {
  const versions = new Map<string, LoadedSync>();
  let latest: { fingerprint: string; project: Promise<Project> } | undefined;

  const load = async (): Promise<Project> => {
    const fingerprint = await projectFingerprint(folder);
    if (latest?.fingerprint !== fingerprint) latest = { fingerprint, project: loadProject(folder, env) };
    const project = await latest.project;
    for (const sync of project.syncs.values()) versions.set(`${sync.name}@${sync.version}`, sync);
    return project;
  };

  const current = async (name: string): Promise<LoadedSync> => {
    const project = await load();
    const sync = project.syncs.get(name);
    if (!sync) throw new SyncFailure('SYNC_UNKNOWN', `the project has no sync \`${name}\``, { effect: 'none' });
    return sync;
  };

  return {
    current,
    async version(name, version) {
      const known = versions.get(`${name}@${version}`);
      if (known) return known;
      const sync = await current(name);
      if (sync.version === version) return sync;
      throw new SyncFailure('SYNC_CHANGED', `\`${name}\` was edited while its run was under way`, { effect: 'none' });
    },
  };
}
