import process from 'node:process';
import { Command } from 'commander';
import { exitCode } from '../model/failure/exit-code.ts';
import { isSyncFailure } from '../model/failure/failure.ts';
import type { LoadedSync } from '../model/sync/project.ts';
import { askBoth } from '../operations/explain/both-sides.ts';
import type { Explained } from '../operations/explain/explained.ts';
import { lineageOf } from '../operations/explain/lineage.ts';
import { createLog } from '../platform/foundation/log.ts';
import type { Ledger } from '../platform/ledger/ledger.ts';
import type { SyncFacts } from '../platform/ledger/records/record-history.ts';
import { commandContext, inCallContext } from '../platform/outbound/journal/call-context.ts';
import { createWorld } from '../platform/world.ts';
import { checkProject } from '../project/load.ts';
import { soundSync } from '../project/sound-sync.ts';
import { type CliContext, contextOf } from './context.ts';
import { printExplained, printLive } from './explain/print.ts';
import { withEngine } from './runs/engine.ts';

/** Entries of one record that are shown, latest first. */
const ENTRIES = 10;

export function explainCommand(): Command {
  return new Command('explain')
    .summary('tell the life of one record')
    .description(
      'What the ledger knows of one record: when, by which run and request it was delivered, why it was set aside, and, ' +
        'while the record as received is still at hand, how each field came to be. Reads the ledger only, unless --live is given.',
    )
    .argument('<sync>', 'name of a file in syncs/')
    .argument('<key>', 'the key of the record; the parts of a composite key are joined by `|`')
    .option('--live', 'also ask both systems for the record as it is now, by its key; nothing is written')
    .addHelpText(
      'after',
      `
Examples:
  syncline explain orders-to-invoices 4711
  syncline explain orders-to-invoices 4711 --json | jq '.lineage.fields'
  syncline explain stock 'Berlin|4711'
  syncline explain orders-to-invoices 4711 --live    both systems now, field by field`,
    )
    .action(async (sync: string, key: string, options: { readonly live?: boolean }, command: Command) => {
      const context = contextOf(command);
      await withEngine(context, async (engine) => {
        const loaded = await loadedSync(context, sync, engine.ledger);
        const explained = await explainRecord(engine.ledger, sync, key, loaded);
        const live = options.live === true ? await askLive(context, sync, engine.ledger, explained) : null;
        context.out.result({ ...explained, live }, () => {
          printExplained(context.out, explained);
          if (live) printLive(context.out, live);
        });
        process.exitCode = exitCode.ok;
      });
    });
}

/** The sync as its files are now; null when they are in error or gone. A name that nobody knows is refused. */
async function loadedSync(context: CliContext, sync: string, ledger: Ledger): Promise<LoadedSync | null> {
  try {
    return soundSync(await checkProject(context.projectFolder, context.env), sync);
  } catch (error) {
    if (!isSyncFailure(error) || (await ledger.life.sync(sync)) === undefined) throw error;
    return null;
  }
}

/** Calls both systems, at their pace and in the journal, as a run would. Throws when the sync's files are in error. */
async function askLive(context: CliContext, sync: string, ledger: Ledger, { key, write }: Explained) {
  const loaded = soundSync(await checkProject(context.projectFolder, context.env), sync);
  const world = createWorld(context.projectFolder, context.env, createLog('silent'), ledger);
  const { sourceConnection, destinationConnection } = loaded;
  try {
    return await context.progress.step(`Asking ${sourceConnection.name} and ${destinationConnection.name}`, () =>
      inCallContext(commandContext('explain'), () =>
        askBoth(loaded, world, { key, destinationId: write?.destinationId ?? null }),
      ),
    );
  } finally {
    await world.close();
  }
}

/** Everything that is known of a record without asking a system. */
export async function explainRecord(
  ledger: Ledger,
  sync: string,
  key: string,
  loaded: Pick<LoadedSync, 'sync'> | null,
): Promise<Explained> {
  const facts = await ledger.life.sync(sync);
  const write = (await ledger.life.lastWrite(sync, key)) ?? null;
  const quarantine = await ledger.quarantine.list(sync, { key, limit: ENTRIES });
  const [unagreed = null] = await ledger.unagreed.list(sync, 1, key);
  const record = quarantine.find((entry) => entry.record !== null)?.record ?? null;
  const lineage = record === null || loaded === null ? null : (lineageOf(loaded, JSON.parse(record)) ?? null);
  const state = write?.state ?? (quarantine.length > 0 ? 'set aside' : 'never seen');
  const calls = await ledger.calls.callsOf(sync, key);
  const found = { sync, key, state, write, quarantine, unagreed, lineage, calls } as const;
  return { ...found, unknown: unknowns(found, facts, record !== null) };
}

function unknowns(found: Omit<Explained, 'unknown'>, facts: SyncFacts | undefined, atHand: boolean): string[] {
  if (facts === undefined) return ['Everything: the sync has never run.'];
  const open =
    facts.openRun === null ? [] : [`What run ${facts.openRun}, which is open, has fetched and not delivered yet.`];
  if (found.state === 'never seen') return [neverSeen(facts), ...open];
  return [
    ...open,
    ...(found.write?.state === 'delivered'
      ? ['When it was last seen unchanged: the ledger notes only what it sends.']
      : []),
    ...(found.write !== null && found.write.request === null
      ? ['Which request wrote it: its intent is no longer in the ledger.']
      : []),
    ...(atHand
      ? []
      : ['How its fields came to be: the record as received is dropped when its run ends. Only quarantine keeps it.']),
    ...(atHand && found.lineage === null
      ? ["How its fields came to be: the sync's files are in error or gone, so that there is no mapping to explain."]
      : []),
  ];
}

function neverSeen({ lastFullRun }: SyncFacts): string {
  const last =
    lastFullRun === null ? '' : ` The last complete read, run ${lastFullRun.run}, ended ${lastFullRun.endedAt}.`;
  return (
    'Whether it exists: no record of this key was ever delivered or set aside. Either the source never gave it, ' +
    `or the mapping filtered it each time, which leaves no trace.${last}`
  );
}
