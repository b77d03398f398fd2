import { Command } from 'commander';
import { planRun } from '../operations/plan/plan.ts';
import { parseWhole } from '../platform/terminal/parse.ts';
import { contextOf } from './context.ts';
import { printPlan } from './plan/print.ts';
import { asking } from './runs/engine.ts';

interface PlanFlags {
  readonly full?: boolean;
  readonly limit?: number;
  readonly samples: number;
}

export function planCommand(): Command {
  return new Command('plan')
    .summary('say what a run would do, on real data, without doing it')
    .description(
      'Reads what a run would read and decides by the same mapping and ledger what would become of each record: ' +
        'create, update field by field, unchanged, filtered, superseded, rejected with reasons, and the calls it would cost. ' +
        'Writes nothing to the destination and changes nothing in the ledger; only the plan itself is kept, for `run --plan`.',
    )
    .argument('<sync>', 'name of a file in syncs/')
    .option('--full', 'plan a run that reads everything')
    .option(
      '--limit <records>',
      'look at the first so many records only; such a plan cannot be run',
      parseWhole(0, 999_999_999),
    )
    .option('--samples <records>', 'creates and updates to show field by field', parseWhole(0, 999_999_999), 5)
    .addHelpText(
      'after',
      `
Examples:
  syncline plan orders-to-invoices
  syncline plan orders-to-invoices --limit 100           a quick look
  syncline plan orders-to-invoices --json | jq '.rejects'
  syncline run orders-to-invoices --plan 5f0c1d2e3a4b5c6d --wait   do exactly what the plan said, or refuse

What a destination refuses is known only when it is asked to write: no plan can foretell it. Records of the destination that
the ledger does not know are in no plan: only \`reconcile --repair --remove-extras\` removes them.`,
    )
    .action(async (sync: string, { full = false, limit, samples }: PlanFlags, command: Command) => {
      const context = contextOf(command);
      const input = { sync, full, limit: limit ?? null, samples };
      const plan = await asking(context, (request) => planRun.perform(request, input));
      context.out.result(plan, () => printPlan(context.out, plan, limit, plan.delivery));
    });
}
