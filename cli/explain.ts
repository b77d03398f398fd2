import { Command } from 'commander';
import { explain } from '../operations/explain/explain.ts';
import { contextOf } from './context.ts';
import { printExplained, printLive } from './explain/print.ts';
import { asking } from './runs/engine.ts';

export function explainCommand(): Command {
  return new Command('explain')
    .summary('tell the life of one record')
    .description(
      'What the ledger knows of one record: when, by which run and request it was delivered, why it was set aside, and, ' +
        'while the record as received is still at hand, how each field came to be. Reads the ledger only, unless --live is given.',
    )
    .argument('<sync>', 'name of a file in syncs/')
    .argument('<key>', 'the key of the record; the parts of a composite key are joined by `|`')
    .option('--live', 'also ask both systems for the record as it is now, by its key; nothing is written')
    .addHelpText(
      'after',
      `
Examples:
  syncline explain orders-to-invoices 4711
  syncline explain orders-to-invoices 4711 --json | jq '.lineage.fields'
  syncline explain stock 'Berlin|4711'
  syncline explain orders-to-invoices 4711 --live    both systems now, field by field`,
    )
    .action(async (sync: string, key: string, options: { readonly live?: boolean }, command: Command) => {
      const context = contextOf(command);
      const input = { sync, key, live: options.live === true };
      const explained = await asking(context, (request) => explain.perform(request, input));
      context.out.result(explained, () => {
        printExplained(context.out, explained);
        if (explained.live) printLive(context.out, explained.live);
      });
    });
}
