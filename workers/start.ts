import type { Logger } from 'pino';
import type { Settings } from '../platform/config.ts';
import { openLedger } from '../platform/ledger/ledger.ts';
import { projectStore } from './projects.ts';
import { type RunningWorker, runWorker } from './worker.ts';
import { createWorld } from './world.ts';

/** Wires a worker to its project, ledger and world, and starts it. */
export async function startWorker(settings: Settings, env: NodeJS.ProcessEnv, log: Logger): Promise<RunningWorker> {
  const ledger = await openLedger(settings.databaseUrl);
  const world = createWorld(settings.projectFolder, env, log);
  const projects = projectStore(settings.projectFolder, env);
  const worker = await runWorker(settings, log, { projects, world, ledger });
  const done = worker.done.finally(() => Promise.allSettled([world.close(), ledger.close()]));
  return { ...worker, done };
}
