import { Command } from 'commander';
import { type ExitCode, exitCode } from '../model/failure/exit-code.ts';
import { isSyncFailure, refusal } from '../model/failure/failure.ts';
import { nothingFits, replayChosen } from '../operations/quarantine/replay.ts';
import { checkProject } from '../project/load.ts';
import { soundSync } from '../project/sound-sync.ts';
import type { CliContext } from './context.ts';
import { type ChoiceOptions, choiceOf, stateOption, withChoice } from './quarantine/choice.ts';
import { printEntries, printEntry, printReasons } from './quarantine/print.ts';
import { type SyncCall, syncVerb } from './sync-verb.ts';

/** Entries that `list` and `show` give when no limit is stated. */
const LISTED = 50;
const SHOWN = 10;

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

const verb = (name: string, description: string, work: Work): Command =>
  withChoice(syncVerb<Options>(name, description, work));

interface Options extends ChoiceOptions {
  readonly yes?: boolean;
  readonly wait?: boolean;
}

type Call = SyncCall<Options>;
type Work = (call: Call) => Promise<ExitCode>;

const listCommand = (): Command =>
  verb('list', 'Says how many records lie there for which reason, and lists the latest.', list).addOption(
    stateOption(),
  );

async function list({ context, engine, sync, options }: Call): Promise<ExitCode> {
  const { out } = context;
  const choice = choiceOf(options);
  const { quarantine } = engine.ledger;
  const reasons = await quarantine.reasons(sync, choice);
  const entries = await quarantine.list(sync, { limit: LISTED, ...choice });
  if (entries.length === 0) await refuseUnknown(context, sync);
  // The records themselves are for `show`: a list is passed on more lightly.
  const document = { sync, reasons, entries: entries.map(({ record: _record, ...entry }) => entry) };
  out.result(document, () => {
    if (entries.length === 0) return out.line(nothingFits(sync));
    printReasons(out, reasons);
    out.line();
    printEntries(out, entries);
    const more = reasons.reduce((sum, { records }) => sum + records, 0) - entries.length;
    if (more > 0) out.line(out.style.faint(`and ${more.toLocaleString('en')} more: --limit shows them.`));
    out.line();
    out.line(out.style.faint(`syncline quarantine show ${sync} --key KEY shows a record.`));
  });
  return exitCode.ok;
}

const showCommand = (): Command =>
  verb('show', 'Prints the records as they were received, each with its reason.', show).addOption(stateOption());

async function show({ context, engine, sync, options }: Call): Promise<ExitCode> {
  const { out } = context;
  const entries = await engine.ledger.quarantine.list(sync, { limit: SHOWN, ...choiceOf(options) });
  if (entries.length === 0) await refuseUnknown(context, sync);
  out.result({ sync, entries }, () => {
    if (entries.length === 0) return out.line(nothingFits(sync));
    for (const [index, entry] of entries.entries()) {
      if (index > 0) out.line();
      printEntry(out, entry);
    }
  });
  return exitCode.ok;
}

const dropCommand = (): Command =>
  verb('drop', 'Gives up open entries for ever: the records are removed, their reasons stay.', drop).option(
    '--yes',
    'really do it; without it the command only says what it would drop',
  );

async function drop({ context, engine, sync, options }: Call): Promise<ExitCode> {
  const { out } = context;
  const choice = choiceOf(options);
  if (options.yes !== true) {
    const reasons = await engine.ledger.quarantine.reasons(sync, { ...choice, state: 'open' });
    const all = reasons.reduce((sum, { records }) => sum + records, 0);
    if (all === 0) await refuseUnknown(context, sync);
    const some = Math.min(all, choice.limit ?? all);
    throw refusal('NOT_CONFIRMED', `${some} records would be dropped, which cannot be undone`, {
      todo: 'Add --yes to drop them.',
    });
  }
  const dropped = await engine.ledger.quarantine.drop(sync, choice);
  out.result({ sync, dropped }, () => out.line(`${dropped.toLocaleString('en')} records of ${sync} were dropped`));
  return exitCode.ok;
}

const replayCommand = (): Command =>
  verb(
    'replay',
    "Sends the open entries through today's mapping and delivers them in a run of its own. The source is not read and " +
      'the cursor stays where it is; what fails again stays open with its new reason.',
    replay,
  ).option('--wait', 'follow the run to its end and print its counts');

const replay = ({ context, engine, sync, options }: Call): Promise<ExitCode> =>
  replayChosen(context, engine, sync, choiceOf(options), options);

/** A misspelt name must not read as an empty quarantine. What the ledger still has of a removed sync can be seen. */
async function refuseUnknown({ projectFolder, env }: CliContext, sync: string): Promise<void> {
  try {
    soundSync(await checkProject(projectFolder, env), sync);
  } catch (error) {
    if (isSyncFailure(error) && error.code === 'SYNC_UNKNOWN') throw error;
  }
}
