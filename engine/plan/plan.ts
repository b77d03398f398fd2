import type { DriftFinding } from '../../model/drift/drift.ts';
import { contentHash, NOTHING_TO_SEND } from '../../model/record/transform.ts';
import type { Counts } from '../../model/sync/batch.ts';
import type { EndpointWorld, LoadedSync } from '../../model/sync/project.ts';
import { deleteLimitsOf } from '../../model/sync/sync.ts';
import type { Ledger } from '../../platform/ledger/ledger.ts';
import { batchesToPlan } from './batches.ts';
import { countedWorld } from './counted-world.ts';
import { DeletePlanner, type PlannedDeletes } from './planned-deletes.ts';
import { PlannedDrift } from './planned-drift.ts';
import { Planner, type SampledChange } from './planner.ts';
import type { RejectGroup } from './reject-tally.ts';

export interface PlanOptions {
  readonly full: boolean;
  /** Plans only so many records, as a preview: such a plan cannot be run. */
  readonly limit?: number;
  /** Creates, and as many updates, that are shown field by field. */
  readonly samples: number;
  readonly signal: AbortSignal;
  readonly tell: (progress: { readonly fetched: number; readonly batches: number }) => void;
}

/** What a run would do now. Nothing has been written. */
export interface Plan {
  readonly sync: string;
  /** Names what would be done: `run --plan`. Null when only a part of the records was planned. */
  readonly hash: string | null;
  readonly mode: 'incremental' | 'full';
  /** Where reading begins; null: from the start. */
  readonly since: string | number | null;
  /** The buckets of a run; `delivered` is `create` and `update` together. */
  readonly counts: Counts;
  readonly create: number;
  readonly update: number;
  /** Null where a run would delete nothing: the sync does not, or not everything is read. */
  readonly deletes: PlannedDeletes | null;
  readonly samples: readonly SampledChange[];
  readonly rejects: readonly RejectGroup[];
  /** Batches on which a run would halt, since the policy allows no more rejects. */
  readonly halts: readonly number[];
  readonly calls: {
    /** What this plan asked the source and the destination. */
    readonly planned: { readonly source: number; readonly destination: number };
    /** Pages that a run reads, and requests that it writes. */
    readonly run: { readonly pages: number; readonly writes: number };
  };
  /** The fingerprint of what each batch would send. */
  readonly batches: readonly string[];
  /** How the records differ from the source schema, or from what the source used to give. */
  readonly drift: readonly DriftFinding[];
}

export interface PlanParts {
  readonly world: EndpointWorld;
  readonly ledger: {
    readonly plans: Pick<Ledger['plans'], 'nextRead'>;
    readonly deliveries: Pick<Ledger['deliveries'], 'verdicts'>;
    readonly deletes: Pick<Ledger['deletes'], 'known'>;
    readonly drift: Pick<Ledger['drift'], 'known'>;
  };
}

/**
 * Reads what a run would read, and decides by the same functions and the same ledger what would become of each record.
 * Reads only.
 */
export async function planSync(parts: PlanParts, loaded: LoadedSync, options: PlanOptions): Promise<Plan> {
  const [reading, writing] = [countedWorld(parts.world), countedWorld(parts.world)];
  const source = loaded.openSource(reading);
  const standing = await parts.ledger.plans.nextRead(loaded.name, {
    overlapMs: loaded.overlapMs,
    epoch: source.can.epoch,
  });
  const mode = options.full || standing.watermark === null ? 'full' : loaded.mode;
  const since = mode === 'full' ? null : standing.since;
  const planner = new Planner({
    ledger: parts.ledger.deliveries,
    syncId: standing.syncId,
    loaded,
    destination: loaded.openDestination(writing),
    samples: options.samples,
    signal: options.signal,
  });
  const limit = options.limit ?? Number.POSITIVE_INFINITY;
  const limits = mode === 'full' && options.limit === undefined ? deleteLimitsOf(loaded.sync) : null;
  const deleting = limits && new DeletePlanner();
  const drift = new PlannedDrift();
  for await (const batch of batchesToPlan(source, loaded, {
    since,
    kind: standing.watermark?.kind,
    limit,
    signal: options.signal,
  })) {
    await planner.add(batch);
    deleting?.add(batch);
    drift.add(batch.validated);
    options.tell({ fetched: planner.counts.fetched, batches: planner.batches.length });
  }
  const batches = withoutEmptyEnd(planner.batches);
  const deletes = limits && deleting ? await deleting.end(parts.ledger.deletes, standing.syncId, limits) : null;
  const { mapping, contract } = loaded.sync;
  const known = await parts.ledger.drift.known(standing.syncId, mapping.version);
  return {
    sync: loaded.name,
    hash: options.limit === undefined ? planHash(loaded.name, mode, batches, deletes) : null,
    mode,
    since,
    counts: { ...planner.counts, deleted: deletes?.records ?? 0 },
    create: planner.create,
    update: planner.update,
    deletes,
    samples: planner.samples,
    rejects: planner.rejects.groups(),
    halts: planner.halts,
    calls: {
      planned: { source: reading.calls(), destination: writing.calls() },
      run: { pages: planner.pages, writes: planner.writes },
    },
    batches,
    drift: drift.findings(known, contract),
  };
}

/** The same for the same changes in the same order, however often nothing is fetched after them. */
const planHash = (sync: string, mode: string, batches: readonly string[], deletes: PlannedDeletes | null): string =>
  contentHash(JSON.stringify([sync, mode, batches, ...(deletes ? [deletes.fingerprint] : [])])).slice(0, 16);

function withoutEmptyEnd(batches: readonly string[]): readonly string[] {
  const last = batches.findLastIndex((batch) => batch !== NOTHING_TO_SEND);
  return batches.slice(0, last + 1);
}
