import type { CliContext } from '../../cli/context.ts';
import { type ExitCode, exitCode } from '../../model/failure/exit-code.ts';
import type { Parked, Waiting } from '../../model/sync/run-state.ts';
import { safeText } from '../../platform/terminal/text.ts';
import { checkProject } from '../../project/load.ts';
import type { Engine } from '../engine.ts';
import { refuseUnknownConnection } from '../known-names.ts';
import { observeRun } from '../runs/observe.ts';
import { askRun } from './ask-run.ts';

/** A run that was asked to try again. */
interface Retried {
  readonly sync: string;
  readonly run: string;
  /** What it waited for. */
  readonly code: string;
  readonly said: string;
}

/** Every open run that waits because of one system tries again, whether it is parked or would try later by itself. */
export async function retryConnection(context: CliContext, engine: Engine, connection: string): Promise<ExitCode> {
  const { project } = await checkProject(context.projectFolder, context.env);
  refuseUnknownConnection(project, connection);
  if (engine.isTemporary) await engine.ensureWorker();
  const open = (await engine.ledger.reports.latestRuns()).filter(({ endedAt }) => endedAt === null);
  const retried: Retried[] = [];
  for (const { sync, run, workflowId } of open) {
    const seen = await observeRun(engine.client, workflowId).catch(() => null);
    const code = seen ? waitsFor(seen.state?.parked ?? seen.waiting, connection) : null;
    if (code === null) continue;
    const { words } = await askRun(engine.client, workflowId, 'retry');
    retried.push({ sync, run, code, said: words });
  }
  const { out } = context;
  out.result({ connection, runs: retried }, () => {
    if (retried.length === 0) out.line(`no run waits for ${connection}`);
    for (const { sync, run, code, said } of retried)
      out.line(`${out.style.name(sync)}  run ${run}, ${code}: ${safeText(said)}`);
  });
  return exitCode.ok;
}

/** The code of what a run waits for, when that lies at this connection. */
const waitsFor = (reason: Parked | Waiting | null, connection: string): string | null =>
  reason?.place?.connection === connection ? reason.code : null;
