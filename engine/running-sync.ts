import type { LoadedSync } from '../model/sync/project.ts';
import type { RunFacts } from '../platform/ledger/runs/runs.ts';
import type { Dependencies } from './dependencies.ts';
import { backfilling } from './sources/backfill.ts';
import { repairing, replaying } from './sources/chosen-records.ts';
import { withSides } from './sources/failure-place.ts';

/** A run, and its sync in the version that the run began with. */
export interface RunningSync {
  readonly facts: RunFacts;
  readonly loaded: LoadedSync;
}

export async function runOf(deps: Dependencies, run: string): Promise<RunningSync> {
  const facts = await deps.cache.factsOf(run, (id) => deps.ledger.runs.facts(id));
  const loaded = await deps.projects.version(facts.sync, facts.syncVersion);
  if (facts.mode === 'replay') return { facts, loaded: replaying(deps, loaded, run) };
  if (facts.mode === 'repair') return { facts, loaded: repairing(deps, loaded, run) };
  return { facts, loaded: withSides(facts.range ? backfilling(loaded, facts.range) : loaded) };
}
