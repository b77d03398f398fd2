import { addCounts, type Counts, noCounts, type RunReport } from '../../model/batch.ts';
import type { QuarantineGroup } from '../../platform/ledger/quarantine.ts';
import { isClean, type Verdict } from './checker.ts';
import type { ShopStats } from './shop-server.ts';

/** What the demo found; `demo --json` prints it. The counts are those of both runs together. */
export interface DemoReport extends Counts, Omit<Verdict, 'delivered'> {
  /** Both runs ended well, and the checker found nothing lost, doubled, stale or extra. */
  readonly ok: boolean;
  /** The orders of the shop, and how many of them were changed before the second run. */
  readonly orders: number;
  readonly changed: number;
  /** Valid orders that the books hold as the shop does, by the checker's word. */
  readonly inStep: number;
  readonly workerKills: number;
  /** Repeated requests that the books recognised by their idempotency key. */
  readonly replays: number;
  readonly shop: ShopStats;
  /** By reason, of the first run. */
  readonly setAside: readonly QuarantineGroup[];
  readonly runs: readonly ToldRun[];
  /** The whole demo, in seconds. */
  readonly seconds: number;
}

export interface ToldRun extends RunReport {
  readonly seconds: number;
  /** Where the run is seen in the Temporal UI; null when there is no UI. */
  readonly uiUrl: string | null;
}

export type DemoFindings = Pick<
  DemoReport,
  'orders' | 'changed' | 'workerKills' | 'shop' | 'setAside' | 'runs' | 'seconds'
> & { readonly verdict: Verdict & { readonly replays: number } };

export function demoReport({ verdict, ...found }: DemoFindings): DemoReport {
  const ended = found.runs.every(({ status }) => status === 'succeeded' || status === 'partial');
  const { delivered, ...checked } = verdict;
  const counts = found.runs.reduce((sum, run) => addCounts(sum, run.counts), noCounts);
  return { ok: ended && isClean(verdict), ...counts, ...checked, inStep: delivered, ...found };
}
