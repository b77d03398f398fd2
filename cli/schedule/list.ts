import { Command } from 'commander';
import { listSchedules } from '../../operations/schedules/list.ts';
import { parseWhole } from '../../platform/terminal/parse.ts';
import { contextOf } from '../context.ts';
import { asking } from '../runs/engine.ts';
import { printSchedules } from './print.ts';

export const listCommand = (): Command =>
  new Command('list')
    .description(
      'Says of each schedule when it runs next, what the last run came to, which ticks began none and why, ' +
        'and whether the server has what the file says.',
    )
    .argument('[sync]', 'only this one, in detail')
    .option('-n, --next <number>', 'how many next runs', parseWhole(1, 100), 3)
    .action(async (sync: string | undefined, { next }: { readonly next: number }, command: Command) => {
      const context = contextOf(command);
      const input = { sync: sync ?? null, next };
      const document = await asking(context, (request) => listSchedules.perform(request, input));
      context.out.result(document, () => printSchedules(context.out, sync, document.schedules));
    });
