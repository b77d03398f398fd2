import type { LoadedSync } from '../../model/sync/project.ts';
import type { Ledger } from '../../platform/ledger/ledger.ts';
import type { SyncFacts } from '../../platform/ledger/records/record-history.ts';
import type { Explained } from './explained.ts';
import { lineageOf } from './lineage.ts';

/** Entries of one record that are shown, latest first. */
const ENTRIES = 10;

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
