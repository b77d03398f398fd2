import type { Logger } from 'pino';
import { engineKeys } from '../platform/crypto/engine-keys.ts';
import type { Settings } from '../platform/foundation/config.ts';
import { readFailpoints } from '../platform/foundation/failpoint.ts';
import { openLedger } from '../platform/ledger/ledger.ts';
import { createWorld } from '../platform/world.ts';
import { withFailpoints } from './failpoints.ts';
import { projectStore } from './projects.ts';
import { type RunningWorker, runWorker } from './worker.ts';

/** Wires a worker to its project, ledger and world, and starts it. Throws ENCRYPTION_KEY_MISSING for a key that is none. */
export async function startWorker(settings: Settings, env: NodeJS.ProcessEnv, log: Logger): Promise<RunningWorker> {
  await engineKeys(env, settings.projectFolder);
  const ledger = await openLedger(settings.databaseUrl);
  const world = createWorld(settings.projectFolder, env, log, ledger);
  const projects = projectStore(settings.projectFolder, env);
  const parts = { projects, world, ledger };
  const failpoint = readFailpoints(env);
  const worker = await runWorker(settings, log, failpoint === null ? parts : withFailpoints(parts, failpoint));
  const done = worker.done.finally(async () => {
    // The world writes what is left of its journal.
    await Promise.allSettled([world.close()]);
    await ledger.close();
  });
  return { ...worker, done };
}
