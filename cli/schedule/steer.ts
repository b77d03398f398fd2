import { Command } from 'commander';
import { pauseSchedule, resumeSchedule } from '../../operations/schedules/pause.ts';
import { triggerSchedule } from '../../operations/schedules/trigger.ts';
import { contextOf } from '../context.ts';
import { asking } from '../runs/engine.ts';

const syncArgument = ['<sync>', 'name of a file in syncs/'] as const;
const noteOption = ['--note <text>', 'why, for whoever looks at it next'] as const;

export const triggerCommand = (): Command =>
  new Command('trigger')
    .description('Starts now what a tick would start, by the overlap rule of the schedule; also while it is paused.')
    .argument(...syncArgument)
    .action(async (sync: string, _options: unknown, command: Command) => {
      const context = contextOf(command);
      const document = await asking(context, (request) => triggerSchedule.perform(request, { sync }));
      context.out.result(document, () => {
        context.out.line(`${sync} is started`);
        context.out.line(document.url ?? document.workflowId);
      });
    });

interface NoteOptions {
  readonly note?: string;
}

export const pauseCommand = (): Command =>
  new Command('pause')
    .description('Lets nothing begin by itself until `resume`; also across `apply`. A run under way goes on.')
    .argument(...syncArgument)
    .option(...noteOption)
    .action(async (sync: string, { note = 'paused from the command line' }: NoteOptions, command: Command) => {
      const context = contextOf(command);
      const document = await asking(context, (request) => pauseSchedule.perform(request, { sync, note }));
      context.out.result(document, () => context.out.line(`the schedule of ${sync} is paused: ${note}`));
    });

export const resumeCommand = (): Command =>
  new Command('resume')
    .description('Takes back a pause. Ticks that passed meanwhile are not caught up with.')
    .argument(...syncArgument)
    .option(...noteOption)
    .action(async (sync: string, { note = 'resumed from the command line' }: NoteOptions, command: Command) => {
      const context = contextOf(command);
      const document = await asking(context, (request) => resumeSchedule.perform(request, { sync, note }));
      context.out.result(document, () => context.out.line(`the schedule of ${sync} goes on`));
    });
