import { type Counts, unaccounted } from '../../model/sync/batch.ts';
import type { DeliveryClass } from '../../model/sync/delivery.ts';
import type { Ledger } from '../../platform/ledger/ledger.ts';
import { ask } from '../../platform/ledger/sql/sql.ts';
import { breaches } from '../chaos/checker.ts';
import type { NotedRequests } from './noted-requests.ts';
import type { ClosedRun, Simulation } from './simulation.ts';
import type { ViciousSimulation } from './vicious-simulation.ts';

const yardClass = { T1: 't1', T2: 't2', T3: 't3', T4: 't4', T5: 't5' } as const satisfies Record<DeliveryClass, string>;

/** Every promise that a schedule broke, in words, once it has been played. The checker is the yard's. */
export async function brokenPromises(ledger: Ledger, simulation: Simulation): Promise<string[]> {
  const { destination, closed, sync, answers, noted } = simulation;
  const { quarantined, requests } = await booksOf(ledger, sync);
  const journal = destination.effects.map(({ key, ...effect }) => ({ id: key, ...effect }));
  const last = closed.at(-1);
  const words = closed.flatMap((run) =>
    breaches({
      promise: yardClass[simulation.promise],
      truth: run.truth,
      journal: journal.slice(0, run.effects),
      runs: [{ id: run.run, status: run.status, counts: { ...run.counts }, startedMs: 0, endedMs: 0 }],
      watermark: run.watermark,
      quarantined,
      doubts: run.doubts.writes + run.doubts.deletes,
      deletions: run.deletions,
      answers,
      excused: { lost: new Set(), doubled: 0, retried: 0 },
      final: run === last,
      emptied: run.emptied,
    }),
  );
  if (!endedWell(last)) words.push('the run without faults did not end well');
  // A delete in doubt is settled by the next run that deletes.
  const open = ({ doubts, emptied }: ClosedRun) => doubts.writes + (emptied ? doubts.deletes : 0);
  const forgot = closed.filter((run) => endedWell(run) && open(run) > 0);
  if (forgot.length > 0)
    words.push(`invariant 3, intent first: ${forgot.length} runs ended well with a request in doubt`);
  return [...words, ...unannounced(noted, requests)];
}

/** The same where the systems have vices: what the oracle found, conservation, and intent first. */
export async function brokenWithVices(
  ledger: Ledger,
  { sync, words, counts, noted }: ViciousSimulation,
): Promise<string[]> {
  const { requests } = await booksOf(ledger, sync);
  return [...words, ...counts.flatMap(conservation), ...unannounced(noted, requests)];
}

const conservation = (counts: Counts): string[] => {
  const left = unaccounted(counts);
  return left === 0 ? [] : [`invariant 1, conservation: a run leaves ${left} records`];
};

function unannounced(noted: NotedRequests, inLedger: ReadonlySet<string>): string[] {
  const writes = noted.unannounced(inLedger);
  return writes === 0 ? [] : [`invariant 3, intent first: ${writes} writes without an intent`];
}

const endedWell = (run: ClosedRun | undefined): boolean => /succeeded|partial/.test(run?.status ?? '');

interface Books {
  readonly quarantined: ReadonlySet<string>;
  /** Ids of all requests that the ledger has an intent of. */
  readonly requests: ReadonlySet<string>;
}

async function booksOf(ledger: Ledger, sync: string): Promise<Books> {
  const [row] = await ask<{ quarantined: (string | null)[]; requests: string[] }>(
    ledger.pool,
    'looking at the books',
    `select array(select key from quarantine where sync_id = s.id) as quarantined,
       array(select i.request_id::text from runs r join intents i on i.run = r.id where r.sync_id = s.id) as requests
     from syncs s where s.name = $1`,
    [sync],
  );
  return { quarantined: new Set(row?.quarantined.map(String)), requests: new Set(row?.requests) };
}
