import type { RunSummary } from '../../platform/ledger/runs/reports.ts';
import type { Standing } from '../../platform/ledger/runs/standings.ts';
import type { Seen, SyncSeen } from '../contracts/sync-seen.ts';
import type { Engine } from '../engine.ts';
import { observeRun } from '../runs/observe.ts';
import { behindMs, reasonOf, runReasonOf, runStatusOf, statusOf } from './words.ts';

export type { SyncSeen };

export type Seeing = Pick<Engine, 'client'> & { readonly ledger: Pick<Engine['ledger'], 'reports' | 'standings'> };

/** How these syncs stand. */
export async function gatherAll(engine: Seeing, names: readonly string[]): Promise<readonly SyncSeen[]> {
  const [latest, standings] = await Promise.all([engine.ledger.reports.latestRuns(), engine.ledger.standings.all()]);
  return Promise.all(
    names.map((sync) =>
      seenOf(
        engine,
        sync,
        standings,
        latest.filter((run) => run.sync === sync),
      ),
    ),
  );
}

/** How one sync stands, with its last runs. */
export async function gatherOne(engine: Seeing, sync: string): Promise<SyncSeen> {
  const [runs, standings] = await Promise.all([engine.ledger.reports.latestRuns(sync), engine.ledger.standings.all()]);
  return seenOf(engine, sync, standings, runs);
}

async function seenOf(
  engine: Seeing,
  sync: string,
  standings: readonly Standing[],
  summaries: readonly RunSummary[],
): Promise<SyncSeen> {
  const standing = standings.find((one) => one.sync === sync) ?? null;
  const runs = await Promise.all(summaries.map((summary) => look(engine, summary)));
  const facts = { standing, runs };
  return { sync, status: statusOf(facts), reason: reasonOf(facts), behindMs: behindMs(facts, Date.now()), ...facts };
}

async function look(engine: Seeing, summary: RunSummary): Promise<Seen> {
  const live = summary.endedAt === null ? await observeRun(engine.client, summary.workflowId).catch(() => null) : null;
  const facts = { summary, live };
  return { status: runStatusOf(facts), reason: runReasonOf(facts), ...facts };
}
