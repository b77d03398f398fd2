import { Command } from 'commander';
import { recover } from '../operations/recover.ts';
import type { Out } from '../platform/terminal/out.ts';
import { contextOf } from './context.ts';
import { asking } from './runs/engine.ts';

interface Flags {
  readonly mayRepeat?: boolean;
  readonly done?: boolean;
}

export function recoverCommand(): Command {
  return new Command('recover')
    .summary('tell a sync that its ledger was restored from an older copy')
    .description(
      'A ledger that was restored from an older copy does not know what was delivered since. From now on the sync looks ' +
        'at each record in the destination before it writes it, and deletes nothing, until `syncline reconcile` finds ' +
        'after a full run that both sides agree. Changes nothing in any system.',
    )
    .argument('<sync>', 'name of a file in syncs/')
    .option('--may-repeat', 'go on although this destination cannot be asked: what was delivered since is sent again')
    .option('--done', 'end the recovery of a sync whose destination cannot be read')
    .addHelpText(
      'after',
      `
Examples:
  syncline recover orders-to-invoices
  syncline run orders-to-invoices --full --wait
  syncline reconcile orders-to-invoices --repair      ends the recovery when both sides agree

Ends with 7 while a run of the sync is open.`,
    )
    .action(async (sync: string, { mayRepeat = false, done = false }: Flags, command: Command) => {
      const context = contextOf(command);
      const { out } = context;
      const document = await asking(context, (request) => recover.perform(request, { sync, mayRepeat, done }));
      out.result(document, () => {
        if ('known' in document) printBegun(out, document);
        else out.line(document.ended ? `${sync} no longer recovers.` : `${sync} was not recovering.`);
      });
    });
}

type Begun = Extract<Awaited<ReturnType<typeof recover.perform>>, { readonly known: number }>;

function printBegun(out: Out, { sync, repeats, known, lastRunAt, abandoned }: Begun): void {
  out.line(
    `${sync} recovers: the ledger knows ${known.toLocaleString('en')} records and nothing after ${lastRunAt ?? 'its first run'}.`,
  );
  for (const run of abandoned) out.line(`Run ${run}, which was open in the copy, is ended as failed.`);
  out.line(
    repeats
      ? out.style.doubtful('What was delivered since is sent again: look for doubles in the destination.')
      : 'Each record is looked at in the destination before it is written; nothing is deleted.',
  );
  out.line(
    `Next: ${out.style.name(`syncline run ${sync} --full --wait`)}, then ${out.style.name(`syncline reconcile ${sync} --repair`)}.`,
  );
}
