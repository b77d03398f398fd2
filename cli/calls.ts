import process from 'node:process';
import { Command } from 'commander';
import { refusal } from '../model/failure/failure.ts';
import { listCalls } from '../operations/calls/list.ts';
import { type OpenedCall, showCall } from '../operations/calls/show.ts';
import { type CallOptions, callChoiceOf, withCallChoice } from './calls/choice.ts';
import { curlLines } from './calls/curl.ts';
import { printCall, printCalls } from './calls/print.ts';
import { type CliContext, contextOf } from './context.ts';
import { asking } from './runs/engine.ts';

export function callsCommand(): Command {
  return new Command('calls')
    .summary('look at the requests that were made, and what came back')
    .description(
      'The journal: each request of a connection over HTTP with its answer, times and sizes, redacted. Reads the journal ' +
        'only, never a system. docs/calls.md says what is kept, for how long, and what is never kept.',
    )
    .addCommand(listCommand())
    .addCommand(showCommand())
    .addCommand(curlCommand())
    .addHelpText(
      'after',
      `
Examples:
  syncline calls list orders-to-invoices --failed          what went wrong, latest first
  syncline calls list shop --slow 2000 --since '1 hour'    calls of the connection shop that took 2 s or more
  syncline calls list orders-to-invoices --key 4711        the calls that carried one record
  syncline calls show 1042                                 all of one call
  syncline calls curl 1042                                 a command that makes it again`,
    );
}

const listCommand = (): Command =>
  withCallChoice(
    new Command('list').description('Lists calls, latest first.').argument('<name>', 'a sync, or a connection'),
  ).action(async (of: string, options: CallOptions, command: Command) => {
    const context = contextOf(command);
    const input = { of, choice: callChoiceOf(options) };
    const document = await asking(context, (request) => listCalls.perform(request, input));
    context.out.result(document, () => {
      if (document.calls.length === 0) return context.out.line(`no call of ${of} in the journal fits`);
      printCalls(context.out, document.calls);
      context.out.line();
      context.out.line(context.out.style.faint('syncline calls show CALL shows one.'));
    });
  });

const showCommand = (): Command =>
  new Command('show')
    .description('Shows one call: address, headers, bodies, where the time went.')
    .argument('<call>', 'its number, as `list` gives it')
    .action(async (id: string, _options: unknown, command: Command) => {
      const context = contextOf(command);
      const call = await foundCall(context, id);
      context.out.result(call, () => printCall(context.out, call));
    });

const curlCommand = (): Command =>
  new Command('curl')
    .description(
      'Prints a command that makes the call again. Secrets are variables of the shell, which you set yourself; what was ' +
        'redacted or cut off is not there.',
    )
    .argument('<call>', 'its number, as `list` gives it')
    .action(async (id: string, _options: unknown, command: Command) => {
      const context = contextOf(command);
      const { detail, ...call } = await foundCall(context, id);
      if (detail === null)
        throw refusal('DETAIL_MISSING', `of call ${id} only the facts were kept`, { todo: noDetail });
      const { lines, notes } = curlLines(call, detail);
      context.out.result({ id, command: lines.join('\n'), notes }, () => {
        for (const note of notes) process.stderr.write(`# ${note}\n`);
        for (const line of lines) context.out.line(line);
      });
    });

const noDetail =
  'Set SYNCLINE_KEY or SYNCLINE_KEY_FILE for the worker: without a key it keeps no addresses and bodies.';

const foundCall = (context: CliContext, id: string): Promise<OpenedCall> =>
  asking(context, (request) => showCall.perform(request, { id }));
