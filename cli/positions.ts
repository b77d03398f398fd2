import { Command } from 'commander';
import { listPositions, setPosition } from '../operations/positions.ts';
import { rereadingWords } from '../operations/runs/position.ts';
import { parseWhole } from '../platform/terminal/parse.ts';
import { type CliContext, contextOf } from './context.ts';
import { asking } from './runs/engine.ts';

export function positionsCommand(): Command {
  return new Command('positions')
    .summary('say how far a sync has read, after which run')
    .description(
      'The watermark of a sync after each run that moved it, the latest first. `run SYNC --from` reads again from any of ' +
        'them, by its run, its value or its time. `positions set` puts it back for the runs that follow.',
    )
    .argument('<sync>', 'name of a file in syncs/')
    .option('--limit <number>', 'at most so many', parseWhole(1, 10_000), 20)
    .addCommand(setCommand())
    .addHelpText(
      'after',
      `
Examples:
  syncline positions orders-to-invoices
  syncline positions set orders-to-invoices 2026-11-01    what would be read again; --yes does it`,
    )
    .action(async (sync: string, options: { readonly limit: number }, command: Command) => {
      await positions(contextOf(command), sync, options.limit);
    });
}

function setCommand(): Command {
  return new Command('set')
    .description(
      'Puts the watermark back to an earlier position: the next runs read on from there. Says first what that is.',
    )
    .argument('<sync>', 'name of a file in syncs/')
    .argument('<position>', 'a run, a version, a time, or how long ago')
    .option('--yes', 'really do it')
    .action(async (sync: string, position: string, { yes }: { readonly yes?: boolean }, command: Command) => {
      const context = contextOf(command);
      const input = { sync, position, confirmed: yes === true };
      const again = await asking(context, (request) => setPosition.perform(request, input));
      context.out.result(again, () =>
        context.out.line(`${sync} reads on from ${again.since}: ${rereadingWords(again)}.`),
      );
    });
}

async function positions(context: CliContext, sync: string, limit: number): Promise<void> {
  const document = await asking(context, (request) => listPositions.perform(request, { sync, limit }));
  const { out } = context;
  out.result(document, () => {
    if (document.positions.length === 0) return out.line(`${sync} has no position yet.`);
    out.table(
      [{ title: 'RUN', paint: out.style.name }, { title: 'ENDED' }, { title: 'POSITION' }],
      document.positions.map(({ run, at, position }) => [run, at, position]),
    );
  });
}
