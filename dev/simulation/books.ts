import type { DeliveryClass } from '../../model/delivery.ts';
import type { Ledger } from '../../platform/ledger/ledger.ts';
import { breaches } from '../torture/checker.ts';
import type { ClosedRun, Simulation } from './simulation.ts';

const yardClass = { T1: 't1', T2: 't2', T3: 't3', T4: 't4', T5: 't5' } as const satisfies Record<DeliveryClass, string>;

/** Every promise that a schedule broke, in words, once it has been played. The checker is the yard's. */
export async function brokenPromises(ledger: Ledger, simulation: Simulation): Promise<string[]> {
  const { destination, closed, sync, answers, unannounced } = simulation;
  const quarantined = await quarantinedOf(ledger, sync);
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
  if (unannounced > 0) words.push(`invariant 3, intent first: ${unannounced} writes without an intent`);
  return words;
}

const endedWell = (run: ClosedRun | undefined): boolean => /succeeded|partial/.test(run?.status ?? '');

async function quarantinedOf(ledger: Ledger, sync: string): Promise<ReadonlySet<string>> {
  const { rows } = await ledger.pool.query<{ key: string | null }>(
    'select q.key from quarantine q join syncs s on s.id = q.sync_id where s.name = $1',
    [sync],
  );
  return new Set(rows.map(({ key }) => String(key)));
}
