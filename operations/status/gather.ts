import type { RunSummary } from '../../platform/ledger/runs/reports.ts';
import type { Standing } from '../../platform/ledger/runs/standings.ts';
import type { Engine } from '../engine.ts';
import { type Observed, observeRun } from '../runs/observe.ts';

/** A run with, while it is open, what it does right now. */
export interface Seen {
  readonly summary: RunSummary;
  readonly live: Observed | null;
}

/** A sync as it stands. */
export interface SyncSeen {
  readonly sync: string;
  readonly standing: Standing | null;
  /** Latest first; of every sync only the latest when all are asked for. */
  readonly runs: readonly Seen[];
}

export type Seeing = Pick<Engine, 'client'> & { readonly ledger: Pick<Engine['ledger'], 'reports' | 'standings'> };

/** How these syncs stand. */
export async function gatherAll(engine: Seeing, names: readonly string[]): Promise<readonly SyncSeen[]> {
  const [latest, standings] = await Promise.all([engine.ledger.reports.latestRuns(), engine.ledger.standings.all()]);
  return Promise.all(
    names.map(async (sync) => ({
      sync,
      standing: standings.find((one) => one.sync === sync) ?? null,
      runs: await Promise.all(latest.filter((run) => run.sync === sync).map((summary) => look(engine, summary))),
    })),
  );
}

/** How one sync stands, with its last runs. */
export async function gatherOne(engine: Seeing, sync: string): Promise<SyncSeen> {
  const [runs, standings] = await Promise.all([engine.ledger.reports.latestRuns(sync), engine.ledger.standings.all()]);
  return {
    sync,
    standing: standings.find((one) => one.sync === sync) ?? null,
    runs: await Promise.all(runs.map((summary) => look(engine, summary))),
  };
}

async function look(engine: Seeing, summary: RunSummary): Promise<Seen> {
  if (summary.endedAt !== null) return { summary, live: null };
  return { summary, live: await observeRun(engine.client, summary.workflowId).catch(() => null) };
}
