import type { Dependencies } from '../engine/dependencies.ts';
import { SyncFailure } from '../model/failure/failure.ts';
import type { LoadedSync } from '../model/sync/project.ts';
import type { Environment } from '../platform/foundation/environment.ts';
import { projectFingerprint } from '../project/fingerprint.ts';
import { type CheckedProject, checkProject } from '../project/load.ts';
import { syncsSharing } from '../project/shared-destinations.ts';
import { soundSync } from '../project/sound-sync.ts';
import { SharedLooks } from './shared-looks.ts';

/** Whether files have changed is looked at this often while a run goes on. */
const LOOK_AGAIN_MS = 2_000;

/** Versions that no file has any more, and an open run may have begun with: those asked for last are kept. */
const FORMER_VERSIONS = 200;

/**
 * The project folder as a worker sees it: read again when its files have changed, with the versions kept that open
 * runs began with, `former` of them at most.
 */
export function projectStore(folder: string, env: Environment, former = FORMER_VERSIONS): Dependencies['projects'] {
  /** What was used last comes last. */
  const versions = new Map<string, LoadedSync>();
  let latest: { fingerprint: string; checked: Promise<CheckedProject> } | undefined;

  const look = async (): Promise<CheckedProject> => {
    const fingerprint = await projectFingerprint(folder);
    if (latest?.fingerprint !== fingerprint) latest = { fingerprint, checked: checkProject(folder, env) };
    const checked = await latest.checked;
    const syncs = [...(checked.project?.syncs.values() ?? [])];
    for (const sync of syncs) keep(sync);
    for (const id of [...versions.keys()].slice(0, Math.max(0, versions.size - syncs.length - former)))
      versions.delete(id);
    return checked;
  };

  const keep = (sync: LoadedSync): void => {
    const id = `${sync.name}@${sync.version}`;
    versions.delete(id);
    versions.set(id, sync);
  };

  const looks = new SharedLooks(look);
  const current = async (name: string, maxAgeMs = 0): Promise<LoadedSync> => {
    const seen = await looks.at(maxAgeMs);
    // Only what was there may be a little old: a sync that was added or mended a moment ago is not refused.
    return soundSync(maxAgeMs > 0 && !seen.project?.syncs.has(name) ? await looks.at(0) : seen, name);
  };

  return {
    current,
    async sharing(name) {
      const { project } = await looks.at(LOOK_AGAIN_MS);
      const sync = project?.syncs.get(name);
      return sync === undefined ? [] : syncsSharing(sync, project?.syncs.values() ?? []);
    },
    async version(name, version) {
      // An open run keeps its mapping and options, but uses its connections as they are now: a limit raised, an address
      // mended.
      if (looks.ageMs() >= LOOK_AGAIN_MS) await looks.at(LOOK_AGAIN_MS);
      const known = versions.get(`${name}@${version}`);
      if (known) {
        keep(known);
        return known;
      }
      const sync = await current(name);
      if (sync.version === version) return sync;
      throw new SyncFailure('SYNC_CHANGED', `\`${name}\` was edited while its run was under way`, { effect: 'none' });
    },
  };
}
