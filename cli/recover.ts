import process from 'node:process';
import { Command } from 'commander';
import { type ExitCode, exitCode } from '../model/failure/exit-code.ts';
import { refusal, type SyncFailure } from '../model/failure/failure.ts';
import { type DeliveryClass, deliveryClass } from '../model/sync/delivery.ts';
import type { LoadedSync } from '../model/sync/project.ts';
import { repeatsBlindly } from '../model/sync/recovery.ts';
import type { Engine } from '../operations/engine.ts';
import type { RecoveryStart } from '../platform/ledger/runs/recovery.ts';
import { unreachableWorld } from '../project/delivery.ts';
import { checkProject } from '../project/load.ts';
import { soundSync } from '../project/sound-sync.ts';
import { type CliContext, contextOf } from './context.ts';
import { withEngine } from './runs/engine.ts';

interface Flags {
  readonly mayRepeat?: boolean;
  readonly done?: boolean;
}

export function recoverCommand(): Command {
  return new Command('recover')
    .summary('tell a sync that its ledger was restored from an older copy')
    .description(
      'A ledger that was restored from an older copy does not know what was delivered since. From now on the sync looks ' +
        'at each record in the destination before it writes it, and deletes nothing, until `syncline reconcile` finds ' +
        'after a full run that both sides agree. Changes nothing in any system.',
    )
    .argument('<sync>', 'name of a file in syncs/')
    .option('--may-repeat', 'go on although this destination cannot be asked: what was delivered since is sent again')
    .option('--done', 'end the recovery of a sync whose destination cannot be read')
    .addHelpText(
      'after',
      `
Examples:
  syncline recover orders-to-invoices
  syncline run orders-to-invoices --full --wait
  syncline reconcile orders-to-invoices --repair      ends the recovery when both sides agree

Ends with 7 while a run of the sync is open.`,
    )
    .action(async (sync: string, flags: Flags, command: Command) => {
      process.exitCode = await recover(contextOf(command), sync, flags);
    });
}

async function recover(context: CliContext, sync: string, flags: Flags): Promise<ExitCode> {
  const loaded = soundSync(await checkProject(context.projectFolder, context.env), sync);
  const { promise, repeats } = whatRepeats(loaded);
  return withEngine(context, async (engine) => {
    if (flags.done === true) {
      const ended = await engine.ledger.recovery.end(sync);
      const words = ended ? `${sync} no longer recovers.` : `${sync} was not recovering.`;
      context.out.result({ sync, ended }, () => context.out.line(words));
      return exitCode.ok;
    }
    if (repeats && flags.mayRepeat !== true) throw mayRepeat(sync);
    await refuseOpen(engine, sync);
    const began = await engine.ledger.recovery.begin(sync);
    context.out.result({ sync, class: promise, repeats, ...began }, () => print(context, sync, began, repeats));
    return exitCode.ok;
  });
}

/** A record is written twice where the destination neither shows what it has nor replaces it. */
function whatRepeats(loaded: LoadedSync): { readonly promise: DeliveryClass; readonly repeats: boolean } {
  const destination = loaded.openDestination(unreachableWorld);
  return { promise: deliveryClass(destination.can), repeats: repeatsBlindly(destination) };
}

const mayRepeat = (sync: string): SyncFailure =>
  refusal(
    'MAY_REPEAT',
    `the destination of \`${sync}\` cannot be asked what it has: all that was delivered since the copy would be sent again`,
    { todo: 'Give its options a look-up, or add --may-repeat and look for doubles afterwards.' },
  );

async function refuseOpen({ client, ledger }: Engine, sync: string): Promise<void> {
  const holder = await ledger.recovery.holder(sync);
  if (holder === undefined) return;
  const found = await client.workflow
    .getHandle(holder.workflowId)
    .describe()
    .catch(() => undefined);
  if (found?.status.name === 'RUNNING')
    throw refusal('LOCKED', `run ${holder.run} of ${sync} is open`, { todo: '{run.cancel}', about: { sync } });
}

function print({ out }: CliContext, sync: string, began: RecoveryStart, repeats: boolean): void {
  const { known, lastRunAt, abandoned } = began;
  out.line(
    `${sync} recovers: the ledger knows ${known.toLocaleString('en')} records and nothing after ${lastRunAt ?? 'its first run'}.`,
  );
  for (const run of abandoned) out.line(`Run ${run}, which was open in the copy, is ended as failed.`);
  out.line(
    repeats
      ? out.style.doubtful('What was delivered since is sent again: look for doubles in the destination.')
      : 'Each record is looked at in the destination before it is written; nothing is deleted.',
  );
  out.line(
    `Next: ${out.style.name(`syncline run ${sync} --full --wait`)}, then ${out.style.name(`syncline reconcile ${sync} --repair`)}.`,
  );
}
