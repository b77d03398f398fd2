import { Command } from 'commander';
import { statusOfAll, statusOfOne } from '../operations/status/status.ts';
import type { Out } from '../platform/terminal/out.ts';
import { printTroubles } from './connections.ts';
import { type CliContext, contextOf } from './context.ts';
import { asking } from './runs/engine.ts';
import { printAll } from './status/all.ts';
import { runDocument, standingDocument, syncDocument } from './status/document.ts';
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
      const context = contextOf(command);
      const watching = options.watch === true;
      await (sync === undefined ? statusAll(context, watching) : statusOne(context, sync, watching));
    });
}

async function statusAll(context: CliContext, watching: boolean): Promise<void> {
  await asking(context, async (request) => {
    const ask = () => statusOfAll.perform(request, {});
    if (watching) return watch(context, async () => (await ask()).syncs, printAll);
    const { syncs, connections } = await ask();
    context.out.result({ syncs: syncs.map(syncDocument), connections }, () => {
      printAll(context.out, syncs);
      printTroubles(context.out, connections);
    });
  });
}

async function statusOne(context: CliContext, sync: string, watching: boolean): Promise<void> {
  await asking(context, async (request) => {
    let found = await statusOfOne.perform(request, { sync });
    const print = (out: Out) => printOne(out, found, found, found.expectedRecords ?? undefined);
    if (watching) {
      const again = async () => {
        found = await statusOfOne.perform(request, { sync });
        return [found];
      };
      return watch(context, again, print);
    }
    const { runs, quarantine, drift, notices, unagreed } = found;
    const document = { sync, ...standingDocument(found), runs: runs.map(runDocument) };
    context.out.result({ ...document, quarantine, drift, notices, unagreed }, () => print(context.out));
  });
}
