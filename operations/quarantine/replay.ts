import { z } from 'zod';
import { checkProject } from '../../project/load.ts';
import { soundSync } from '../../project/sound-sync.ts';
import type { EngineContext } from '../context.ts';
import { entryChoice } from '../contracts/entry-choice.ts';
import { startedRun } from '../contracts/started-run.ts';
import { operation } from '../operation.ts';
import { newRunId, startRun } from '../runs/start.ts';

/**
 * Sends the open entries chosen through today's mapping, in a run of its own: the source is not read, and the cursor stays
 * where it is. `follows`: whoever asks will follow the run, so that a worker has to be there. Throws when the sync's files
 * are in error.
 */
export const replayQuarantined = operation({
  name: 'quarantine.replay',
  effect: 'acts',
  input: z.object({ sync: z.string(), choice: entryChoice.omit({ state: true }), follows: z.boolean() }),
  document: z.object({
    sync: z.string(),
    chosen: z.number(),
    /** Null when nothing fits. */
    started: startedRun.nullable(),
    /** The run ends with the engine, and has to be followed to its end. */
    endsWithEngine: z.boolean(),
  }),
  target: ({ sync }) => sync,
  async work({ projectFolder, env, progress, engine: open }: EngineContext, { sync, choice, follows }) {
    soundSync(await checkProject(projectFolder, env), sync);
    const engine = await open();
    const { client, taskQueue, uiUrl, isTemporary: endsWithEngine } = engine;
    const run = newRunId(new Date());
    const chosen = await engine.ledger.quarantine.choose(sync, run, choice);
    if (chosen === 0) return { sync, chosen, started: null, endsWithEngine };
    progress.note(`${chosen.toLocaleString('en')} records are replayed from quarantine.`);
    if (follows || endsWithEngine) await engine.ensureWorker();
    const options = { sync, run, full: false, from: 'quarantine', trigger: 'replay', uiUrl } as const;
    return { sync, chosen, started: await startRun(client, taskQueue, options), endsWithEngine };
  },
});
