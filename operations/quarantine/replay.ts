import type { CliContext } from '../../cli/context.ts';
import { announce, follow } from '../../cli/runs/see-through.ts';
import { type ExitCode, exitCode } from '../../model/failure/exit-code.ts';
import type { EntryChoice } from '../../platform/ledger/quarantine/entries.ts';
import { checkProject } from '../../project/load.ts';
import { soundSync } from '../../project/sound-sync.ts';
import type { Engine } from '../engine.ts';
import { newRunId, startRun } from '../runs/start.ts';

/** Sends the open entries chosen through today's mapping, in a run of its own. */
export async function replayChosen(
  context: CliContext,
  engine: Engine,
  sync: string,
  choice: EntryChoice,
  options: { readonly wait?: boolean },
): Promise<ExitCode> {
  soundSync(await checkProject(context.projectFolder, context.env), sync);
  const run = newRunId(new Date());
  const chosen = await engine.ledger.quarantine.choose(sync, run, choice);
  if (chosen === 0) {
    context.out.result({ sync, status: 'nothing to replay' }, () => context.out.line(nothingFits(sync)));
    return exitCode.ok;
  }
  context.progress.note(`${chosen.toLocaleString('en')} records are replayed from quarantine.`);
  const wait = options.wait === true || engine.isTemporary;
  if (wait) await engine.ensureWorker();
  const started = await startRun(engine.client, engine.taskQueue, {
    sync,
    run,
    full: false,
    from: 'quarantine',
    trigger: 'replay',
    uiUrl: engine.uiUrl,
  });
  return wait ? follow(context, engine, sync, started, {}) : announce(context, sync, started);
}

export const nothingFits = (sync: string): string => `nothing of ${sync} lies in quarantine that fits`;
