import process from 'node:process';
import { Command } from 'commander';
import { type ExitCode, exitCode } from '../../model/failure/exit-code.ts';
import { endpointNames, type Project } from '../../model/sync/project.ts';
import type { Engine } from '../../operations/engine.ts';
import { compareSchedules, type FieldChange, type ScheduleChange } from '../../platform/temporal/schedules/compare.ts';
import type { AppliedSchedule } from '../../platform/temporal/schedules/decode.ts';
import type { DesiredSchedule } from '../../platform/temporal/schedules/encode.ts';
import {
  appliedSchedules,
  changeSchedule,
  createSchedule,
  deleteSchedule,
} from '../../platform/temporal/schedules/schedules.ts';
import { safeText } from '../../platform/terminal/text.ts';
import { loadProject } from '../../project/load.ts';
import { type CliContext, contextOf } from '../context.ts';
import { withEngine } from '../runs/engine.ts';

interface ApplyOptions {
  readonly prune?: boolean;
  readonly dryRun?: boolean;
}

export const applyCommand = (): Command =>
  new Command('apply')
    .description(
      'Makes the Temporal Schedules equal to the sync files: says first what is created, changed field by field, ' +
        'unchanged or orphaned. A pause by a person stays. Orphans go only with --prune.',
    )
    .option('--prune', 'remove schedules that no file asks for')
    .option('--dry-run', 'only say it; ends with 7 when there is something to do')
    .action(async (options: ApplyOptions, command: Command) => {
      process.exitCode = await apply(contextOf(command), options);
    });

async function apply(context: CliContext, { prune = false, dryRun = false }: ApplyOptions): Promise<ExitCode> {
  // All files have to be sound: a sync that cannot be read must not look like one that is gone.
  const project = await loadProject(context.projectFolder, context.env);
  return withEngine(context, async (engine) => {
    const desired = desiredSchedules(project, engine.taskQueue);
    const applied = await appliedSchedules(engine.client, engine.taskQueue, project.syncs.keys());
    const changes = compareSchedules(desired, applied);
    if (!dryRun) for (const change of changes) await carryOut(engine, change, { desired, applied, prune });
    const pending = changes.some(({ action }) => action !== 'unchanged');
    context.out.result({ applied: !dryRun, pruned: !dryRun && prune, schedules: changes }, () =>
      print(context, changes, { prune, dryRun }),
    );
    if (engine.isTemporary && !dryRun)
      context.progress.note('No stack is up. Schedules are kept, and start runs while one is: syncline dev');
    return dryRun && pending ? exitCode.conflict : exitCode.ok;
  });
}

export const desiredSchedules = (project: Pick<Project, 'syncs'>, taskQueue: string): readonly DesiredSchedule[] =>
  [...project.syncs.values()].flatMap((loaded) =>
    loaded.schedule ? [{ sync: loaded.name, schedule: loaded.schedule, taskQueue, sides: endpointNames(loaded) }] : [],
  );

async function carryOut(
  { client, ledger }: Engine,
  { sync, action }: ScheduleChange,
  sides: { desired: readonly DesiredSchedule[]; applied: readonly AppliedSchedule[]; prune: boolean },
): Promise<void> {
  const desired = sides.desired.find((one) => one.sync === sync);
  const applied = sides.applied.find((one) => one.sync === sync);
  if (action === 'orphan' && sides.prune) await deleteSchedule(client, sync);
  if (action === 'create' && desired) await createSchedule(client, desired);
  if (action === 'change' && desired && applied) await changeSchedule(client, desired, applied);
  // What passed under another schedule is no tick of this one.
  if (action === 'create' || action === 'change') await ledger.ticks.countFromNow(sync);
}

function print(
  { out }: CliContext,
  changes: readonly ScheduleChange[],
  { prune, dryRun }: { prune: boolean; dryRun: boolean },
): void {
  if (changes.length === 0) out.line('No sync has a `schedule`, and there is none on the server.');
  const said = {
    create: dryRun ? 'would be created' : 'created',
    change: dryRun ? 'would be changed' : 'changed',
    unchanged: 'unchanged',
    orphan: !prune ? 'orphan: no file asks for it; --prune removes it' : dryRun ? 'would be removed' : 'removed',
  };
  for (const { sync, action, fields } of changes) {
    out.line(`${out.style.name(sync)}  ${said[action]}`);
    for (const field of fields) out.line(`  ${fieldLine(field)}`);
  }
}

const fieldLine = ({ field, from, to }: FieldChange): string =>
  `${field}: ${from === null ? safeText(to) : `${safeText(from)} → ${safeText(to)}`}`;
