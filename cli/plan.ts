import process from 'node:process';
import { Command } from 'commander';
import { type Plan, planSync } from '../activities/plan-sync.ts';
import { deliveryPromise } from '../model/delivery.ts';
import { type ExitCode, exitCode } from '../model/exit-code.ts';
import type { Json } from '../model/json.ts';
import { commandContext, inCallContext } from '../platform/journal/context.ts';
import { createLog } from '../platform/log.ts';
import { deliveryClassOf } from '../platform/project/delivery.ts';
import { checkProject } from '../platform/project/load.ts';
import { soundSync } from '../platform/project/sound-sync.ts';
import { createWorld } from '../workers/world.ts';
import { type CliContext, contextOf } from './context.ts';
import type { Out } from './output/out.ts';
import { parseWhole } from './output/parse.ts';
import { cutText, safeText } from './output/text.ts';
import { type Engine, withEngine } from './runs/engine.ts';
import { interruption } from './runs/interruption.ts';

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
    context.out.result(document, () => printPlan(context.out, planned, flags, document.delivery));
    return exitCode.ok;
  });
}

/** Plans a sync as the project is now, and keeps the plan when it can be run. */
export async function makePlan(context: CliContext, engine: Engine, sync: string, flags: PlanFlags): Promise<Plan> {
  const checked = await checkProject(context.projectFolder, context.env);
  const loaded = soundSync(checked, sync);
  const world = createWorld(
    checked.project?.folder ?? context.projectFolder,
    context.env,
    createLog('silent'),
    engine.ledger,
  );
  const interrupted = interruption('the plan was not finished; nothing was written');
  try {
    const planned = await context.progress.step(`Planning ${sync}`, (tell) =>
      inCallContext(commandContext('plan'), () =>
        planSync({ world, ledger: engine.ledger }, loaded, {
          full: flags.full === true,
          ...(flags.limit === undefined ? {} : { limit: flags.limit }),
          samples: flags.samples,
          signal: interrupted.signal,
          tell: ({ fetched, batches }) =>
            tell({ detail: `${fetched.toLocaleString('en')} records in ${batches} batches` }),
        }),
      ),
    );
    const { hash, mode, batches } = planned;
    const deletes = planned.deletes?.fingerprint ?? null;
    if (hash !== null) await engine.ledger.plans.store({ hash, sync, full: mode === 'full', batches, deletes });
    return planned;
  } finally {
    interrupted.dispose();
    await world.close();
  }
}

function printPlan(
  out: Out,
  planned: Plan,
  flags: PlanFlags,
  delivery: { readonly class: string; readonly promise: string } | null,
): void {
  const { counts, mode, since } = planned;
  const where = mode === 'full' ? 'reads everything' : `reads what changed since ${since}`;
  const part =
    flags.limit === undefined ? '' : `, of which the first ${flags.limit.toLocaleString('en')} were looked at`;
  out.line(`${out.style.strong(planned.sync)} would run in mode ${mode}: it ${where}${part}. Nothing was written.`);
  if (delivery) out.line(out.style.faint(`${delivery.class}: ${delivery.promise}`));
  out.line();
  out.table(
    [
      { title: 'FETCHED' },
      { title: 'CREATE' },
      { title: 'UPDATE' },
      { title: 'UNCHANGED' },
      { title: 'FILTERED' },
      { title: 'SUPERSEDED' },
      { title: 'REJECT' },
      { title: 'DELETE' },
    ],
    [
      [
        counts.fetched,
        planned.create,
        planned.update,
        counts.unchanged,
        counts.filtered,
        counts.superseded,
        counts.quarantined,
        counts.deleted,
      ].map(number),
    ],
  );
  printSamples(out, planned);
  printRejects(out, planned);
  out.line();
  const { pages, writes } = planned.calls.run;
  out.line(`The run would read ${number(pages)} pages and send ${number(writes)} write requests.`);
  printDeletes(out, planned);
  if (planned.halts.length > 0)
    out.line(
      out.style.bad(
        `It would halt at batch ${planned.halts[0]}: more records are rejected than the policy allows (TOO_MANY_REJECTED).`,
      ),
    );
  if (planned.hash !== null)
    out.line(
      `Do exactly this, or refuse: ${out.style.name(`syncline run ${planned.sync} --plan ${planned.hash} --wait`)}`,
    );
}

function printDeletes(out: Out, { deletes }: Plan): void {
  if (deletes === null || deletes.records === 0) return;
  out.line(`It would delete, such as: ${deletes.keys.map((key) => out.style.name(safeText(key))).join(', ')}.`);
  if (deletes.guard !== null)
    out.line(out.style.doubtful(`Without this plan it would ask before it deletes: ${deletes.guard}.`));
}

function printSamples(out: Out, { samples }: Plan): void {
  if (samples.length === 0) return;
  const rows = samples.flatMap(({ op, key, read, fields }) =>
    fields.map(({ field, before, after }, index) => [
      index === 0 ? op : '',
      index === 0 ? key : '',
      field,
      before === undefined ? (op === 'update' && !read ? '?' : '') : shown(before),
      shown(after),
    ]),
  );
  out.line();
  out.table(
    [
      { title: 'WOULD', paint: out.style.name },
      { title: 'KEY' },
      { title: 'FIELD' },
      { title: 'NOW' },
      { title: 'THEN' },
    ],
    rows,
  );
}

function printRejects(out: Out, { rejects }: Plan): void {
  if (rejects.length === 0) return;
  out.line();
  out.table(
    [{ title: 'REJECT' }, { title: 'CODE' }, { title: 'FIELD' }, { title: 'REASON' }, { title: 'SUCH AS' }],
    rejects.map((group) => [
      number(group.records),
      group.code,
      group.field ?? '',
      group.reason,
      group.samples.map(({ key, record }) => key ?? cutText(safeText(record ?? ''), 40)).join(', '),
    ]),
  );
}

const number = (value: number): string => value.toLocaleString('en');

const shown = (value: Json): string => cutText(safeText(JSON.stringify(value)), 60);
