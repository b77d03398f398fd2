import { Command } from 'commander';
import { refusal } from '../model/failure/failure.ts';
import { isAfter } from '../model/record/version.ts';
import type { LoadedSync } from '../model/sync/project.ts';
import type { Engine } from '../operations/engine.ts';
import { positionOf, positionWords, rereading, rereadingWords } from '../operations/runs/position.ts';
import { parseWhole } from '../platform/terminal/parse.ts';
import { checkProject } from '../project/load.ts';
import { soundSync } from '../project/sound-sync.ts';
import { type CliContext, contextOf } from './context.ts';
import { withEngine } from './runs/engine.ts';

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
      const loaded = soundSync(await checkProject(context.projectFolder, context.env), sync);
      await withEngine(context, (engine) => setBack(context, engine, loaded, { position, yes: yes === true }));
    });
}

async function setBack(
  { out }: CliContext,
  engine: Engine,
  loaded: LoadedSync,
  { position, yes }: { readonly position: string; readonly yes: boolean },
): Promise<void> {
  const { name } = loaded;
  const wanted = await positionOf(engine, loaded, 'the position', position, Date.now());
  const current = await engine.ledger.positions.current(name);
  if (current === null || !isAfter(current, wanted))
    throw refusal(
      'USAGE',
      `\`${name}\` has read up to ${current === null ? 'nothing' : positionWords(current)}: a position is only put back`,
      { todo: '{positions.list}', about: { sync: name } },
    );
  const again = await rereading(engine, name, { since: wanted });
  if (!yes)
    throw refusal(
      'NOT_CONFIRMED',
      `the next run would read again ${rereadingWords(again)}; nothing is cleared, and what did not change is not sent`,
      { todo: 'Add --yes to do it.' },
    );
  if (!(await engine.ledger.positions.putBack(name, { ...current, value: wanted.value })))
    throw refusal('LOCKED', `a run of \`${name}\` is open: it decides where the position stands when it ends`, {
      todo: '{status}',
      about: { sync: name },
    });
  out.result({ sync: name, ...again }, () =>
    out.line(`${name} reads on from ${again.since}: ${rereadingWords(again)}.`),
  );
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
