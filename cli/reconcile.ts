import process from 'node:process';
import { Command } from 'commander';
import { type ExitCode, exitCode } from '../model/failure/exit-code.ts';
import { giveUpRecords } from '../operations/reconcile/give-up.ts';
import { reconcileSync } from '../operations/reconcile/reconcile.ts';
import type { RecoveryEnd } from '../platform/ledger/runs/recovery.ts';
import { type CliContext, contextOf } from './context.ts';
import { usage } from './errors.ts';
import { print } from './reconcile/print.ts';
import { asking } from './runs/engine.ts';

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
  const confirmed = flags.yes === true;
  if (flags.giveUp) return giveUp(context, { sync, keys: flags.key, reason: flags.reason ?? '', confirmed });
  const { repair: repairs = false, removeExtras: removesExtras = false } = flags;
  if (removesExtras && !repairs) throw usage('`--remove-extras` goes with --repair');
  const input = { sync, repairs, removesExtras, confirmed };
  const found = await asking(context, (request) => reconcileSync.perform(request, input));
  const { recovery, ...document } = found;
  context.out.result(document, () => print(context.out, found));
  noteRecovery(context, sync, recovery);
  const last = found.repair?.after ?? found;
  const left = last.missing + last.different + ((found.repair?.removed ?? null) === null ? 0 : last.extra);
  return left === 0 ? exitCode.ok : exitCode.failed;
}

async function giveUp(context: CliContext, input: Parameters<typeof giveUpRecords.perform>[1]): Promise<ExitCode> {
  if (input.reason.trim() === '') throw usage('`--give-up` goes with --reason: why the records are left as they are');
  const { out } = context;
  const { sync, givenUp } = await asking(context, (request) => giveUpRecords.perform(request, input));
  out.result({ sync, givenUp }, () =>
    out.line(
      `Given up: ${givenUp.toLocaleString('en')} ${givenUp === 1 ? 'record' : 'records'} of ${sync}. The reason is kept.`,
    ),
  );
  return exitCode.ok;
}

function noteRecovery({ progress }: CliContext, sync: string, recovery: RecoveryEnd): void {
  if (recovery === 'ended')
    progress.note('Both sides agree: the recovery is over, and deletes go on with the next run.');
  if (recovery === 'before its full run')
    progress.note(
      `The recovery goes on: what came after the copy, only a full run finds. Next: syncline run ${sync} --full --wait`,
    );
}
