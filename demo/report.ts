import { addCounts, type Counts, noCounts, type Reconciled, type RunReport } from '../model/sync/batch.ts';
import type { QuarantineGroup } from '../platform/ledger/quarantine/entries.ts';
import { isClean, type Verdict } from './checker.ts';
import type { ShopStats } from './shop-server.ts';

/** What the demo found; `demo --json` prints it. The counts are those of both runs together. */
export interface DemoReport extends Counts, Omit<Verdict, 'delivered'> {
  /** Both runs ended well and read back what they wrote, and the checker found nothing lost, doubled, stale or extra. */
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
  readonly quarantine: readonly QuarantineGroup[];
  readonly runs: readonly ToldRun[];
  /** The mapping as a page for people. */
  readonly mappingPage: string;
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
  'orders' | 'changed' | 'workerKills' | 'shop' | 'quarantine' | 'runs' | 'mappingPage' | 'seconds'
> & { readonly verdict: Verdict & { readonly replays: number } };

export function demoReport({ verdict, ...found }: DemoFindings): DemoReport {
  const { delivered, ...checked } = verdict;
  const counts = found.runs.reduce((sum, run) => addCounts(sum, run.counts), noCounts);
  return { ok: found.runs.every(isSound) && isClean(verdict), ...counts, ...checked, inStep: delivered, ...found };
}

const isSound = ({ status, reconciled }: RunReport): boolean =>
  (status === 'succeeded' || status === 'partial') && differing(reconciled) === 0;

/** Records read back from the destination that are not as they were sent. */
export const differing = ({ missing, extra, different }: Reconciled): number => missing + extra + different;
