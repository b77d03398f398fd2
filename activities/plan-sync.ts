import { type Counts, noCounts } from '../model/batch.ts';
import type { Destination } from '../model/connector.ts';
import type { DriftFinding } from '../model/drift/drift.ts';
import type { ReadyRecord } from '../model/prepared.ts';
import type { EndpointWorld, LoadedSync } from '../model/project.ts';
import { deleteLimitsOf } from '../model/sync.ts';
import { contentHash, fingerprint } from '../model/transform.ts';
import { sinceWatermark } from '../model/version.ts';
import type { Ledger } from '../platform/ledger/ledger.ts';
import { chunksOf } from './chunks.ts';
import { batchesToPlan, type PreparedForPlan } from './plan-batches.ts';
import { type FieldChange, fieldChanges } from './plan-changes.ts';
import { countedWorld } from './plan-counted.ts';
import { DeletePlanner, type PlannedDeletes } from './plan-deletes.ts';
import { PlannedDrift } from './plan-drift.ts';
import { type RejectGroup, RejectTally } from './plan-rejects.ts';

export interface PlanOptions {
  readonly full: boolean;
  /** Plans only so many records, as a preview: such a plan cannot be run. */
  readonly limit?: number;
  /** Creates, and as many updates, that are shown field by field. */
  readonly samples: number;
  readonly signal: AbortSignal;
  readonly tell: (progress: { readonly fetched: number; readonly batches: number }) => void;
}

export interface SampledChange {
  readonly key: string;
  readonly op: 'create' | 'update';
  /** Whether the destination could be asked what it has now. */
  readonly read: boolean;
  readonly fields: readonly FieldChange[];
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
    readonly plans: Pick<Ledger['plans'], 'standing'>;
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
  const standing = await parts.ledger.plans.standing(loaded.name);
  const mode = options.full || standing.watermark === null ? 'full' : loaded.mode;
  const since = mode === 'full' ? null : sinceWatermark(standing.watermark, loaded.overlapMs);
  const [reading, writing] = [countedWorld(parts.world), countedWorld(parts.world)];
  const planner = new Planner(parts, loaded, standing.syncId, loaded.openDestination(writing), options);
  const limit = options.limit ?? Number.POSITIVE_INFINITY;
  const limits = mode === 'full' && options.limit === undefined ? deleteLimitsOf(loaded.sync) : null;
  const deleting = limits && new DeletePlanner();
  const drift = new PlannedDrift();
  for await (const batch of batchesToPlan(loaded.openSource(reading), loaded, {
    since,
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

/** What a batch without changes would send: nothing. */
export const NOTHING_TO_SEND = fingerprint([]);

function withoutEmptyEnd(batches: readonly string[]): readonly string[] {
  const last = batches.findLastIndex((batch) => batch !== NOTHING_TO_SEND);
  return batches.slice(0, last + 1);
}

class Planner {
  counts: Counts = noCounts;
  create = 0;
  update = 0;
  pages = 0;
  writes = 0;
  readonly batches: string[] = [];
  readonly halts: number[] = [];
  readonly samples: SampledChange[] = [];
  readonly rejects = new RejectTally();
  /** What earlier batches of this plan would have delivered: the ledger that a later batch would meet. */
  readonly #delivered = new Map<string, { readonly hash: string; readonly version: number | null }>();
  readonly #parts: PlanParts;
  readonly #loaded: LoadedSync;
  readonly #syncId: number;
  readonly #destination: Destination;
  readonly #options: PlanOptions;

  constructor(parts: PlanParts, loaded: LoadedSync, syncId: number, destination: Destination, options: PlanOptions) {
    this.#parts = parts;
    this.#loaded = loaded;
    this.#syncId = syncId;
    this.#destination = destination;
    this.#options = options;
  }

  async add(batch: PreparedForPlan): Promise<void> {
    const { letters, destinationIds } = await this.#parts.ledger.deliveries.verdicts(this.#syncId, batch.ready);
    const send: { record: ReadyRecord; op: 'create' | 'update'; id: string | null }[] = [];
    let unchanged = 0;
    let superseded = batch.superseded;
    for (const [index, record] of batch.ready.entries()) {
      const letter = this.#verdict(record, letters[index] ?? 'n');
      if (letter === 'u') unchanged++;
      else if (letter === 's') superseded++;
      else send.push({ record, op: letter === 'n' ? 'create' : 'update', id: destinationIds[index] ?? null });
      if (letter === 'n' || letter === 'c')
        this.#delivered.set(record.key, { hash: record.hash, version: record.version });
    }
    const creates = send.filter(({ op }) => op === 'create').length;
    this.create += creates;
    this.update += send.length - creates;
    this.pages += batch.pages;
    const records = send.map(({ record }) => record);
    this.writes += chunksOf(records, this.#destination.limits).length;
    this.batches.push(fingerprint(records));
    this.#count(batch, send.length, unchanged, superseded);
    await this.#sample(send);
  }

  #verdict(record: ReadyRecord, ofLedger: string): string {
    const earlier = this.#delivered.get(record.key);
    if (earlier === undefined) return ofLedger;
    if (earlier.hash === record.hash) return 'u';
    if (record.version !== null && earlier.version !== null && record.version < earlier.version) return 's';
    return 'c';
  }

  #count(batch: PreparedForPlan, delivered: number, unchanged: number, superseded: number): void {
    const { counts } = this;
    const { policy } = this.#loaded;
    const rejected = batch.allRejects.length;
    this.rejects.add(batch.allRejects);
    // The run judges each of its two checks by itself.
    const atOnce = Math.max(batch.rejects.length, rejected - batch.rejects.length);
    if (atOnce >= policy.maxRejectedAtLeast && atOnce > batch.fetched * policy.maxRejectedShare)
      this.halts.push(this.batches.length);
    this.counts = {
      ...counts,
      fetched: counts.fetched + batch.fetched,
      delivered: counts.delivered + delivered,
      unchanged: counts.unchanged + unchanged,
      filtered: counts.filtered + batch.filtered,
      quarantined: counts.quarantined + rejected,
      superseded: counts.superseded + superseded,
    };
  }

  /** Shows the first few of each kind field by field, as the destination has them now where it can be asked. */
  async #sample(send: readonly { record: ReadyRecord; op: 'create' | 'update'; id: string | null }[]): Promise<void> {
    const chosen = (['create', 'update'] as const).flatMap((op) => {
      const left = this.#options.samples - this.samples.filter((sample) => sample.op === op).length;
      return send.filter((change) => change.op === op).slice(0, Math.max(0, left));
    });
    if (chosen.length === 0) return;
    const destination = this.#destination;
    const readKey = ({ record, id }: (typeof chosen)[number]) =>
      destination.readsBy === 'key' ? record.key : (id ?? record.key);
    const back = await destination.read?.(chosen.map(readKey), this.#options.signal);
    for (const change of chosen) {
      const found = back?.get(readKey(change))?.record;
      this.samples.push({
        key: change.record.key,
        op: change.op,
        read: back !== undefined,
        fields: fieldChanges(destination, JSON.parse(change.record.content.text), found),
      });
    }
  }
}
