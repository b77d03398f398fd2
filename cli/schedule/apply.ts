import process from 'node:process';
import { Command } from 'commander';
import { type ExitCode, exitCode } from '../../model/failure/exit-code.ts';
import { applySchedules } from '../../operations/schedules/apply.ts';
import type { FieldChange, ScheduleChange } from '../../platform/temporal/schedules/compare.ts';
import { safeText } from '../../platform/terminal/text.ts';
import { type CliContext, contextOf } from '../context.ts';
import { asking } from '../runs/engine.ts';

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
  return asking(context, async (request) => {
    const document = await applySchedules.perform(request, { prune, dryRun });
    context.out.result(document, () => print(context, document.schedules, { prune, dryRun }));
    if ((await request.engine()).isTemporary && !dryRun)
      context.progress.note('No stack is up. Schedules are kept, and start runs while one is: syncline dev');
    const pending = document.schedules.some(({ action }) => action !== 'unchanged');
    return dryRun && pending ? exitCode.conflict : exitCode.ok;
  });
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
