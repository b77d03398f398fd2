import type { Dependencies } from '../activities/dependencies.ts';
import { SyncFailure } from '../model/failure.ts';
import type { LoadedSync } from '../model/project.ts';
import { projectFingerprint } from '../platform/project/fingerprint.ts';
import { type CheckedProject, checkProject, type Environment } from '../platform/project/load.ts';
import { soundSync } from '../platform/project/sound-sync.ts';

/** Whether files have changed is looked at this often while a run goes on. */
const LOOK_AGAIN_MS = 2_000;

/**
 * The project folder as a worker sees it: read again when its files have changed, with the versions kept that open
 * runs began with.
 */
export function projectStore(folder: string, env: Environment): Dependencies['projects'] {
  const versions = new Map<string, LoadedSync>();
  let lookedMs = Number.NEGATIVE_INFINITY;
  let latest: { fingerprint: string; checked: Promise<CheckedProject> } | undefined;

  const load = async (): Promise<CheckedProject> => {
    const fingerprint = await projectFingerprint(folder);
    if (latest?.fingerprint !== fingerprint) latest = { fingerprint, checked: checkProject(folder, env) };
    const checked = await latest.checked;
    for (const sync of checked.project?.syncs.values() ?? []) versions.set(`${sync.name}@${sync.version}`, sync);
    return checked;
  };

  const current = async (name: string): Promise<LoadedSync> => soundSync(await load(), name);

  /** An open run keeps its mapping and options, but uses its connections as they are now: a limit raised, an address mended. */
  const lookAgain = async (): Promise<void> => {
    if (performance.now() - lookedMs < LOOK_AGAIN_MS) return;
    lookedMs = performance.now();
    await load();
  };

  return {
    current,
    async version(name, version) {
      await lookAgain();
      const known = versions.get(`${name}@${version}`);
      if (known) return known;
      const sync = await current(name);
      if (sync.version === version) return sync;
      throw new SyncFailure('SYNC_CHANGED', `\`${name}\` was edited while its run was under way`, { effect: 'none' });
    },
  };
}
