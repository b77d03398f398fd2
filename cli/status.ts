import { Command } from 'commander';
import { exitCode } from '../model/failure/exit-code.ts';
import type { Project } from '../model/sync/project.ts';
import { connectionReports } from '../operations/connections.ts';
import type { Engine } from '../operations/engine.ts';
import { expectedRecords } from '../operations/runs/expected.ts';
import { runDocument, standingDocument, syncDocument } from '../operations/status/document.ts';
import { gatherAll, gatherOne } from '../operations/status/gather.ts';
import type { Out } from '../platform/terminal/out.ts';
import { checkProject } from '../project/load.ts';
import { soundSync } from '../project/sound-sync.ts';
import { printTroubles } from './connections.ts';
import { type CliContext, contextOf } from './context.ts';
import { withEngine } from './runs/engine.ts';
import { printAll } from './status/all.ts';
import { printOne } from './status/one.ts';
import { watch } from './status/watch.ts';

export function statusCommand(): Command {
  return new Command('status')
    .summary('say how the syncs are: what runs, what waits and why, what failed')
    .description(
      'Without a sync: one line for each sync of the project. With one: its last runs, and the open one in detail: ' +
        'stage, counts, rate, what it waits for and until when, how far it is behind, and what a person can do.',
    )
    .argument('[sync]', 'name of a file in syncs/')
    .option('--watch', 'show it until Ctrl-C; where there is no terminal, a line for each change')
    .addHelpText(
      'after',
      `
LAST is when the latest run began; BEHIND is since when changes at the source may be missing at the destination.

Examples:
  syncline status                         every sync on one line
  syncline status --watch                 and again every two seconds
  syncline status orders-to-invoices      its last runs, the open one in detail
  syncline status --json | jq '.syncs[] | select(.status == "failed")'`,
    )
    .action(async (sync: string | undefined, options: { watch?: boolean }, command: Command) => {
      await status(contextOf(command), sync, options.watch === true);
    });
}

async function status(context: CliContext, sync: string | undefined, watching: boolean): Promise<void> {
  const checked = await checkProject(context.projectFolder, context.env);
  if (sync !== undefined) soundSync(checked, sync);
  await withEngine(context, async (engine) => {
    if (sync === undefined) await statusOfAll(context, engine, checked.project, watching);
    else await statusOfOne(context, engine, sync, watching);
  });
  process.exitCode = exitCode.ok;
}

async function statusOfAll(context: CliContext, engine: Engine, project: Project | undefined, watching: boolean) {
  const names = [...(project?.syncs.keys() ?? [])];
  if (watching) return watch(context, () => gatherAll(engine, names), printAll);
  const all = await gatherAll(engine, names);
  const connections = await connectionReports(engine.ledger, project);
  context.out.result({ syncs: all.map(syncDocument), connections }, () => {
    printAll(context.out, all);
    printTroubles(context.out, connections);
  });
}

/** Records that both sides do not agree on, in the document of one sync. */
const UNAGREED_LISTED = 50;

async function statusOfOne(context: CliContext, engine: Engine, sync: string, watching: boolean): Promise<void> {
  const { quarantine: asides, drift: drifts, notices: odd, unagreed } = engine.ledger;
  const gather = async () => {
    const seen = await gatherOne(engine, sync);
    const [latest] = seen.runs;
    if (!latest) return { seen, quarantine: [], drift: [], notices: [], unagreed: [] };
    const { run } = latest.summary;
    return {
      seen,
      quarantine: await asides.byReason(run),
      drift: await drifts.ofRun(run),
      notices: await odd.ofRun(run),
      unagreed: await unagreed.list(sync, UNAGREED_LISTED),
    };
  };
  let found = await gather();
  const print = (out: Out) =>
    printOne(out, found.seen, found, expectedRecords(found.seen.runs.map(({ summary }) => summary)));
  if (watching) {
    const again = async () => {
      found = await gather();
      return [found.seen];
    };
    return watch(context, again, print);
  }
  const { seen, ...rest } = found;
  context.out.result({ sync, ...standingDocument(seen), runs: seen.runs.map(runDocument), ...rest }, () =>
    print(context.out),
  );
}
