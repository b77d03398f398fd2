import type { Dependencies } from '../activities/dependencies.ts';
import { SyncFailure } from '../model/failure.ts';
import type { LoadedSync } from '../model/project.ts';
import { projectFingerprint } from '../platform/project/fingerprint.ts';
import { type CheckedProject, checkProject, type Environment } from '../platform/project/load.ts';
import { soundSync } from '../platform/project/sound-sync.ts';

/**
 * The project folder as a worker sees it: read again when its files have changed, with the versions kept that open
 * runs began with.
 */
export function projectStore(folder: string, env: Environment): Dependencies['projects'] {
  const versions = new Map<string, LoadedSync>();
  let latest: { fingerprint: string; checked: Promise<CheckedProject> } | undefined;

  const load = async (): Promise<CheckedProject> => {
    const fingerprint = await projectFingerprint(folder);
    if (latest?.fingerprint !== fingerprint) latest = { fingerprint, checked: checkProject(folder, env) };
    const checked = await latest.checked;
    for (const sync of checked.project?.syncs.values() ?? []) versions.set(`${sync.name}@${sync.version}`, sync);
    return checked;
  };

  const current = async (name: string): Promise<LoadedSync> => soundSync(await load(), name);

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
