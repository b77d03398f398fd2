import process from 'node:process';
import { Command } from 'commander';
import { type Comparison, compareSync } from '../engine/compare/compare.ts';
import { type ExitCode, exitCode } from '../model/failure/exit-code.ts';
import { refusal, type SyncFailure } from '../model/failure/failure.ts';
import { askSystems } from '../operations/ask-systems.ts';
import type { Engine } from '../operations/engine.ts';
import { extrasToRemove, MOST_EXTRAS, mayRemoveExtras } from '../operations/reconcile/extras.ts';
import { repair } from '../operations/reconcile/repair.ts';
import type { RecoveryEnd } from '../platform/ledger/runs/recovery.ts';
import { checkProject } from '../project/load.ts';
import { soundSync } from '../project/sound-sync.ts';
import { type CliContext, contextOf } from './context.ts';
import { giveUp } from './reconcile/give-up.ts';
import { documentOf, print, repairDocument } from './reconcile/print.ts';
import { withEngine } from './runs/engine.ts';

export function reconcileCommand(): Command {
  return new Command('reconcile')
    .summary('compare everything that was delivered with the destination')
    .description(
      'Compares each record that the ledger says was delivered with what the destination has now. A PostgreSQL ' +
        'destination with `verify: checksums` compares sums of buckets and looks only into those that differ; other ' +
        'destinations are read back. With --repair what is missing or different is delivered again, and nothing else.',
    )
    .argument('<sync>', 'name of a file in syncs/')
    .option('--repair', 'read what is missing or different again by key, deliver it, and compare once more')
    .option(
      '--remove-extras',
      'with --repair: also remove records of the destination that the ledger does not know, after a full run has shown that the source does not have them',
    )
    .option('--give-up', 'leave what runs found missing or different as it is at the destination, for good')
    .option('--reason <text>', 'with --give-up: why; it is kept')
    .option('--key <key>', 'with --give-up: only this record', collected, [])
    .option(
      '--yes',
      'with --remove-extras or --give-up: really do it; without it the command only says what it would do',
    )
    .addHelpText(
      'after',
      `
Examples:
  syncline reconcile orders-to-invoices
  syncline reconcile orders-to-invoices --repair
  syncline reconcile orders-to-invoices --json | jq '.different'
  syncline reconcile orders-to-invoices --repair --remove-extras   what it would remove; --yes does it
  syncline reconcile orders-to-invoices --give-up --key 4711 --reason 'test order, the shop refuses it' --yes

Ends with 0 when both sides agree, 1 when they differ, after the repair if one was asked for; 7 when a run is open.
Records of the destination that this sync did not write are counted as extra. They may be somebody else's: no run and no
repair removes them without --remove-extras. That deletes them, or marks them, as the sync says of deletes, and under its
threshold.
What runs find missing or different when they read back keeps the sync \`partial\` until both sides agree, or until it is
given up: then it counts as delivered until its content changes at the source.`,
    )
    .action(async (sync: string, flags: Flags, command: Command) => {
      process.exitCode = await reconcile(contextOf(command), sync, flags);
    });
}

interface Flags {
  readonly repair?: boolean;
  readonly removeExtras?: boolean;
  readonly giveUp?: boolean;
  readonly reason?: string;
  readonly key: readonly string[];
  readonly yes?: boolean;
}

const collected = (value: string, before: readonly string[]): readonly string[] => [...before, value];

async function reconcile(context: CliContext, sync: string, flags: Flags): Promise<ExitCode> {
  const loaded = soundSync(await checkProject(context.projectFolder, context.env), sync);
  if (flags.removeExtras) mayRemoveExtras(loaded, flags.repair === true);
  return withEngine(context, async (engine) => {
    if (flags.giveUp) return giveUp(context, engine, sync, flags);
    const again = () => compare(context, engine, sync, flags.removeExtras === true);
    const comparison = await again();
    if (comparison.by === 'nothing') throw unreadable(sync);
    const removes = flags.removeExtras === true && extrasToRemove(comparison, flags.yes === true);
    const wanted = removes || (flags.repair === true && faultsOf(comparison) > 0);
    const repaired = wanted ? await repair(context, engine, comparison, removes, again) : null;
    const document = { ...documentOf(comparison), repair: repaired && repairDocument(repaired) };
    context.out.result(document, () => print(context.out, comparison, repaired));
    const last = repaired?.after ?? comparison;
    if (faultsOf(last) === 0) {
      await engine.ledger.unagreed.allAgreed(sync, last.by === 'reading' ? 'as sent' : 'as stored');
      noteRecovery(context, sync, await engine.ledger.recovery.endAgreed(sync));
    }
    const left = faultsOf(last) + (removes ? last.extra : 0);
    return left === 0 ? exitCode.ok : exitCode.failed;
  });
}

function noteRecovery({ progress }: CliContext, sync: string, recovery: RecoveryEnd): void {
  if (recovery === 'ended')
    progress.note('Both sides agree: the recovery is over, and deletes go on with the next run.');
  if (recovery === 'before its full run')
    progress.note(
      `The recovery goes on: what came after the copy, only a full run finds. Next: syncline run ${sync} --full --wait`,
    );
}

const faultsOf = ({ missing, different }: Comparison): number => missing.length + different.length;

const unreadable = (sync: string): SyncFailure =>
  refusal('NOT_READABLE', `the destination of \`${sync}\` cannot be read, so nothing can be compared`, {
    todo: 'Give its options a look-up (docs/connectors.md).',
  });

function compare(context: CliContext, { ledger }: Engine, sync: string, allExtras: boolean): Promise<Comparison> {
  const asking = {
    ...{ sync, command: 'reconcile', title: `Comparing ${sync}` },
    stopped: 'the comparison was not finished; nothing was changed',
  };
  return askSystems(context, ledger, asking, ({ loaded, world, signal, tell }) =>
    compareSync({ world, ledger }, loaded, {
      ...(allExtras && { extras: MOST_EXTRAS }),
      signal,
      tell: ({ checked: done, of }) => tell({ done, total: of, detail: `${done.toLocaleString('en')} records` }),
    }),
  );
}
