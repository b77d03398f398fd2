import type { Destination } from '../../model/connector/connector.ts';
import { parseExact } from '../../model/record/exact-json.ts';
import type { ReadyRecord } from '../../model/record/prepared.ts';
import { fingerprint } from '../../model/record/transform.ts';
import { type Counts, noCounts } from '../../model/sync/batch.ts';
import type { LoadedSync } from '../../model/sync/project.ts';
import type { Verdict } from '../../platform/ledger/deliveries/verdicts.ts';
import type { Ledger } from '../../platform/ledger/ledger.ts';
import { readKey } from '../delivery/read-back.ts';
import { requestChunks } from '../delivery/request-chunks.ts';
import type { PreparedForPlan } from './batches.ts';
import { type FieldChange, fieldChanges } from './field-changes.ts';
import { RejectTally } from './reject-tally.ts';

export interface SampledChange {
  readonly key: string;
  readonly op: 'create' | 'update';
  /** Whether the destination could be asked what it has now. */
  readonly read: boolean;
  readonly fields: readonly FieldChange[];
}

interface PlannerFacts {
  readonly ledger: Pick<Ledger['deliveries'], 'verdicts'>;
  readonly syncId: number;
  readonly loaded: LoadedSync;
  readonly destination: Destination;
  /** Creates, and as many updates, that are shown field by field. */
  readonly samples: number;
  readonly signal: AbortSignal;
}

/** Puts each record of a plan into the bucket that a run would put it into, by the verdicts of the same ledger. */
export class Planner {
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
  readonly #facts: PlannerFacts;

  constructor(facts: PlannerFacts) {
    this.#facts = facts;
  }

  async add(batch: PreparedForPlan): Promise<void> {
    const { verdicts, destinationIds } = await this.#facts.ledger.verdicts(this.#facts.syncId, batch.ready);
    const send: { record: ReadyRecord; op: 'create' | 'update'; id: string | null }[] = [];
    let unchanged = 0;
    let superseded = batch.superseded;
    for (const [index, record] of batch.ready.entries()) {
      const verdict = this.#verdict(record, verdicts[index] ?? 'new');
      if (verdict === 'unchanged') unchanged++;
      else if (verdict === 'superseded') superseded++;
      else send.push({ record, op: verdict === 'new' ? 'create' : 'update', id: destinationIds[index] ?? null });
      if (verdict === 'new' || verdict === 'changed')
        this.#delivered.set(record.key, { hash: record.hash, version: record.version });
    }
    const creates = send.filter(({ op }) => op === 'create').length;
    this.create += creates;
    this.update += send.length - creates;
    this.pages += batch.pages;
    const records = send.map(({ record }) => record);
    this.writes += requestChunks(records, this.#facts.destination.limits).length;
    this.batches.push(fingerprint(records));
    this.#count(batch, send.length, unchanged, superseded);
    await this.#sample(send);
  }

  #verdict(record: ReadyRecord, ofLedger: Verdict): Verdict {
    const earlier = this.#delivered.get(record.key);
    if (earlier === undefined) return ofLedger;
    if (earlier.hash === record.hash) return 'unchanged';
    if (record.version !== null && earlier.version !== null && record.version < earlier.version) return 'superseded';
    return 'changed';
  }

  #count(batch: PreparedForPlan, delivered: number, unchanged: number, superseded: number): void {
    const { counts } = this;
    const { policy } = this.#facts.loaded;
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
      const left = this.#facts.samples - this.samples.filter((sample) => sample.op === op).length;
      return send.filter((change) => change.op === op).slice(0, Math.max(0, left));
    });
    if (chosen.length === 0) return;
    const { destination, signal } = this.#facts;
    const keys = chosen.map(({ record, id }) => readKey(destination, { key: record.key, destinationId: id }));
    const back = await destination.read?.(keys, signal);
    for (const [index, change] of chosen.entries()) {
      const found = back?.get(keys[index] ?? '')?.record;
      this.samples.push({
        key: change.record.key,
        op: change.op,
        read: back !== undefined,
        fields: fieldChanges(destination, parseExact(change.record.content.text), found),
      });
    }
  }
}
