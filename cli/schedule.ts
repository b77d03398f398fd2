import { Command } from 'commander';
import { applyCommand } from './schedule/apply.ts';
import { backfillCommand } from './schedule/backfill.ts';
import { listCommand } from './schedule/list.ts';
import { pauseCommand, resumeCommand, triggerCommand } from './schedule/steer.ts';

export function scheduleCommand(): Command {
  return new Command('schedule')
    .summary('let syncs run by themselves: apply, list, trigger, pause, resume, backfill')
    .description(
      'A sync file says with `schedule` when it runs. `apply` makes the Temporal Schedules equal to the files; ' +
        'nothing runs by itself before. Temporal starts the runs: it and a worker have to be up.',
    )
    .addCommand(applyCommand())
    .addCommand(listCommand())
    .addCommand(triggerCommand())
    .addCommand(pauseCommand())
    .addCommand(resumeCommand())
    .addCommand(backfillCommand())
    .addHelpText(
      'after',
      `
Examples:
  syncline schedule apply --dry-run                       what would be created and changed, field by field
  syncline schedule apply                                 do it; twice is the same as once
  syncline schedule apply --prune                         and remove schedules that no file asks for
  syncline schedule list orders-to-invoices -n 10         its next ten runs, odd days of summer time marked
  syncline schedule pause orders-to-invoices --note 'stock-taking until Friday'
  syncline schedule backfill orders-to-invoices --from 2026-11-01 --to 2026-11-08`,
    );
}
