import { z } from 'zod';
import type { Parked, Waiting } from '../../model/sync/run-state.ts';
import { checkProject } from '../../project/load.ts';
import type { EngineContext } from '../context.ts';
import { refuseUnknownConnection } from '../known-names.ts';
import { operation } from '../operation.ts';
import { observeRun } from '../runs/observe.ts';
import { askRun } from './ask-run.ts';

/** A run that was asked to try again. */
const retried = z.object({
  sync: z.string(),
  run: z.string(),
  /** What it waited for. */
  code: z.string(),
  said: z.string(),
});

/**
 * Every open run that waits because of one system tries again, whether it is parked or would try later by itself. Throws
 * CONNECTION_UNKNOWN for a name that the project does not have.
 */
export const retryWaiting = operation({
  name: 'run.retryWaiting',
  effect: 'acts',
  input: z.object({ connection: z.string() }),
  document: z.object({ connection: z.string(), runs: z.array(retried).readonly() }),
  target: ({ connection }) => connection,
  async work({ projectFolder, env, engine: open }: EngineContext, { connection }) {
    const { project } = await checkProject(projectFolder, env);
    refuseUnknownConnection(project, connection);
    const engine = await open();
    if (engine.isTemporary) await engine.ensureWorker();
    const latest = await engine.ledger.reports.latestRuns();
    const runs: z.output<typeof retried>[] = [];
    for (const { sync, run, workflowId } of latest.filter(({ endedAt }) => endedAt === null)) {
      const seen = await observeRun(engine.client, workflowId).catch(() => null);
      const code = seen ? waitsFor(seen.state?.parked ?? seen.waiting, connection) : null;
      if (code === null) continue;
      const { words } = await askRun(engine.client, workflowId, 'retry');
      runs.push({ sync, run, code, said: words });
    }
    return { connection, runs };
  },
});

/** The code of what a run waits for, when that lies at this connection. */
const waitsFor = (reason: Parked | Waiting | null, connection: string): string | null =>
  reason?.place?.connection === connection ? reason.code : null;
