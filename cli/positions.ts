import { Command } from 'commander';
import { checkProject } from '../platform/project/load.ts';
import { soundSync } from '../platform/project/sound-sync.ts';
import { type CliContext, contextOf } from './context.ts';
import { parseWhole } from './output/parse.ts';
import { withEngine } from './runs/engine.ts';
import { positionWords } from './runs/position.ts';

export function positionsCommand(): Command {
  return new Command('positions')
    .summary('say how far a sync has read, after which run')
    .description(
      'The watermark of a sync after each run that moved it, the latest first. `run SYNC --from` reads again from any of ' +
        'them, by its run, its value or its time.',
    )
    .argument('<sync>', 'name of a file in syncs/')
    .option('--limit <number>', 'at most so many', parseWhole(1, 10_000), 20)
    .addHelpText('after', '\nExample:\n  syncline positions orders-to-invoices')
    .action(async (sync: string, options: { readonly limit: number }, command: Command) => {
      await positions(contextOf(command), sync, options.limit);
    });
}

async function positions(context: CliContext, sync: string, limit: number): Promise<void> {
  soundSync(await checkProject(context.projectFolder, context.env), sync);
  await withEngine(context, async (engine) => {
    const kept = await engine.ledger.positions.list(sync, limit);
    const { out } = context;
    const listed = kept.map(({ run, at, watermark }) => ({ run, at, position: positionWords(watermark) }));
    out.result({ sync, positions: listed }, () => {
      if (listed.length === 0) return out.line(`${sync} has no position yet.`);
      out.table(
        [{ title: 'RUN', paint: out.style.name }, { title: 'ENDED' }, { title: 'POSITION' }],
        listed.map(({ run, at, position }) => [run, at, position]),
      );
    });
  });
}
