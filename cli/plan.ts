import process from 'node:process';
import { Command } from 'commander';
import { type Plan, planSync } from '../engine/plan/plan.ts';
import { type ExitCode, exitCode } from '../model/failure/exit-code.ts';
import { deliveryPromise } from '../model/sync/delivery.ts';
import { askSystems } from '../operations/ask-systems.ts';
import type { Engine } from '../operations/engine.ts';
import { parseWhole } from '../platform/terminal/parse.ts';
import { deliveryClassOf } from '../project/delivery.ts';
import { checkProject } from '../project/load.ts';
import { soundSync } from '../project/sound-sync.ts';
import { type CliContext, contextOf } from './context.ts';
import { printPlan } from './plan/print.ts';
import { withEngine } from './runs/engine.ts';

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
    .action(async (sync: string, flags: PlanFlags, command: Command) => {
      process.exitCode = await plan(contextOf(command), sync, flags);
    });
}

async function plan(context: CliContext, sync: string, flags: PlanFlags): Promise<ExitCode> {
  const loaded = soundSync(await checkProject(context.projectFolder, context.env), sync);
  return withEngine(context, async (engine) => {
    const planned = await makePlan(context, engine, sync, flags);
    const delivery = deliveryClassOf(loaded);
    const document = {
      ...planned,
      delivery: delivery === undefined ? null : { class: delivery, promise: deliveryPromise[delivery] },
    };
    context.out.result(document, () => printPlan(context.out, planned, flags.limit, document.delivery));
    return exitCode.ok;
  });
}

/** Plans a sync as the project is now, and keeps the plan when it can be run. */
export async function makePlan(context: CliContext, engine: Engine, sync: string, flags: PlanFlags): Promise<Plan> {
  const { ledger } = engine;
  const asking = {
    ...{ sync, command: 'plan', title: `Planning ${sync}` },
    stopped: 'the plan was not finished; nothing was written',
  };
  const planned = await askSystems(context, ledger, asking, ({ loaded, world, signal, tell }) =>
    planSync({ world, ledger }, loaded, {
      full: flags.full === true,
      ...(flags.limit === undefined ? {} : { limit: flags.limit }),
      samples: flags.samples,
      signal,
      tell: ({ fetched, batches }) => tell({ detail: `${fetched.toLocaleString('en')} records in ${batches} batches` }),
    }),
  );
  const { hash, mode, batches } = planned;
  const deletes = planned.deletes?.fingerprint ?? null;
  if (hash !== null) await ledger.plans.store({ hash, sync, full: mode === 'full', batches, deletes });
  return planned;
}
