import process from 'node:process';
import { Command } from 'commander';
import { dropQuarantined } from '../operations/quarantine/drop.ts';
import { listQuarantine } from '../operations/quarantine/list.ts';
import { showQuarantine } from '../operations/quarantine/show.ts';
import { type CliContext, contextOf } from './context.ts';
import { type ChoiceOptions, choiceOf, stateOption, withChoice } from './quarantine/choice.ts';
import { nothingFits, printEntries, printEntry, printReasons } from './quarantine/print.ts';
import { replayChosen } from './quarantine/replay.ts';
import { asking } from './runs/engine.ts';

export function quarantineCommand(): Command {
  return new Command('quarantine')
    .summary('work on the records that were set aside')
    .description(
      'Records that could not be delivered lie in quarantine, each with its reason. Look at them, mend the mapping or ' +
        'the source, and replay them; or drop them. An entry leaves by itself when a later version of its record arrives.',
    )
    .addCommand(listCommand())
    .addCommand(showCommand())
    .addCommand(replayCommand())
    .addCommand(dropCommand())
    .addHelpText(
      'after',
      `
Examples:
  syncline quarantine list orders-to-invoices                              how many for which reason, and the latest
  syncline quarantine show orders-to-invoices --key 4711                   the record, and why it was set aside
  syncline quarantine replay orders-to-invoices --code MAPPING_REJECTED    through today's mapping, then delivered
  syncline quarantine drop orders-to-invoices --field /email --yes         give up: the records are removed`,
    );
}

interface Options extends ChoiceOptions {
  readonly yes?: boolean;
  readonly wait?: boolean;
}

type Work = (context: CliContext, sync: string, options: Options) => Promise<void>;

const verb = (name: string, description: string, work: Work): Command =>
  withChoice(
    new Command(name)
      .description(description)
      .argument('<sync>', 'name of a file in syncs/')
      .action((sync: string, options: Options, command: Command) => work(contextOf(command), sync, options)),
  );

const listCommand = (): Command =>
  verb('list', 'Says how many records lie there for which reason, and lists the latest.', list).addOption(
    stateOption(),
  );

async function list(context: CliContext, sync: string, options: Options): Promise<void> {
  const { out } = context;
  const input = { sync, choice: choiceOf(options) };
  const document = await asking(context, (request) => listQuarantine.perform(request, input));
  out.result(document, () => {
    const { reasons, entries } = document;
    if (entries.length === 0) return out.line(nothingFits(sync));
    printReasons(out, reasons);
    out.line();
    printEntries(out, entries);
    const more = reasons.reduce((sum, { records }) => sum + records, 0) - entries.length;
    if (more > 0) out.line(out.style.faint(`and ${more.toLocaleString('en')} more: --limit shows them.`));
    out.line();
    out.line(out.style.faint(`syncline quarantine show ${sync} --key KEY shows a record.`));
  });
}

const showCommand = (): Command =>
  verb('show', 'Prints the records as they were received, each with its reason.', show).addOption(stateOption());

async function show(context: CliContext, sync: string, options: Options): Promise<void> {
  const { out } = context;
  const input = { sync, choice: choiceOf(options) };
  const document = await asking(context, (request) => showQuarantine.perform(request, input));
  out.result(document, () => {
    if (document.entries.length === 0) return out.line(nothingFits(sync));
    for (const [index, entry] of document.entries.entries()) {
      if (index > 0) out.line();
      printEntry(out, entry);
    }
  });
}

const dropCommand = (): Command =>
  verb('drop', 'Gives up open entries for ever: the records are removed, their reasons stay.', drop).option(
    '--yes',
    'really do it; without it the command only says what it would drop',
  );

async function drop(context: CliContext, sync: string, options: Options): Promise<void> {
  const { out } = context;
  const input = { sync, choice: choiceOf(options), confirmed: options.yes === true };
  const document = await asking(context, (request) => dropQuarantined.perform(request, input));
  out.result(document, () => out.line(`${document.dropped.toLocaleString('en')} records of ${sync} were dropped`));
}

const replayCommand = (): Command =>
  verb(
    'replay',
    "Sends the open entries through today's mapping and delivers them in a run of its own. The source is not read and " +
      'the cursor stays where it is; what fails again stays open with its new reason.',
    replay,
  ).option('--wait', 'follow the run to its end and print its counts');

async function replay(context: CliContext, sync: string, options: Options): Promise<void> {
  process.exitCode = await replayChosen(context, sync, choiceOf(options), options);
}
