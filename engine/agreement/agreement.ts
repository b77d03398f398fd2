import type { ReadBack } from '../../model/connector/connector.ts';
import { checkOf } from '../../model/mapping/compile-check.ts';
import {
  agreementNotices,
  FieldTallies,
  isAgreed,
  isHabitual,
  type Judged,
  judgeBatch,
} from '../../model/record/agreement.ts';
import { contentHash } from '../../model/record/transform.ts';
import type { BatchRef, Reconciled } from '../../model/sync/batch.ts';
import type { LoadedSync } from '../../model/sync/project.ts';
import type { Written } from '../../platform/ledger/deliveries/samples.ts';
import type { Altered, OpenUnagreed, Unagreed } from '../../platform/ledger/records/unagreed.ts';
import type { Dependencies } from '../dependencies.ts';
import { unlessEdited } from '../unless-edited.ts';
import { readBatch } from './read-batch.ts';
import type { Reader } from './reader.ts';

interface Scope {
  readonly run: string;
  readonly syncId: number;
  readonly loaded: LoadedSync;
  readonly reader: Reader;
}

/** Records of one statement, or one reading. */
const AT_ONCE = 1_000;

/** Records from earlier runs that a run looks at, so that it ends (invariant 9). */
const MOST_LOOKED_AT = 50_000;

/** What a run finds when it reads back, and keeps for those that follow until both sides agree. */
export class Agreement {
  readonly #deps: Dependencies;
  readonly #scope: Scope;
  /** Records that were not agreed before this run, and how many of them it has not looked at. */
  readonly #openBefore: number;
  #unlooked: number;
  /** Fields that the destination was seen to change before. */
  readonly #altered: readonly Altered[];
  #habits: ReadonlySet<string>;
  readonly #different = new FieldTallies();
  readonly #habitual = new FieldTallies();
  readonly #found = { checked: 0, missing: 0, extra: 0, different: 0 };

  private constructor(deps: Dependencies, scope: Scope, openBefore: number, altered: readonly Altered[]) {
    this.#deps = deps;
    this.#scope = scope;
    this.#openBefore = openBefore;
    this.#unlooked = openBefore;
    this.#altered = altered;
    this.#habits = new Set(altered.map(({ field }) => field));
  }

  static async of(deps: Dependencies, scope: Scope): Promise<Agreement> {
    const { unagreed } = deps.ledger;
    const { open, altered } = await unagreed.standing(scope.syncId);
    const declared = new Set<string>(scope.loaded.sync.destinationAlters);
    const allowed = altered.filter(({ field }) => declared.has(field));
    if (allowed.length > 0)
      await unagreed.forgetAltered(
        scope.syncId,
        allowed.map(({ field }) => field),
      );
    return new Agreement(
      deps,
      scope,
      open,
      altered.filter(({ field }) => !declared.has(field)),
    );
  }

  get found(): Reconciled {
    return { ...this.#found };
  }

  /** Judges the sample of a batch. Where it shows a fault, all that the batch delivered is read back. */
  async judgeSample(ref: BatchRef, sample: readonly Written[], back: readonly (ReadBack | undefined)[]): Promise<void> {
    const { reader } = this.#scope;
    const judged = await reader.judge(sample, back);
    const faulty = await this.#faultyOf(ref, sample, judged);
    if (faulty.size > 0 && (await this.#judgeWhole(ref))) return;
    this.#found.checked += sample.length;
    this.#count(judged.filter((one, index) => faulty.has(index) || isHabitual(one, this.#habits)));
    await this.#note([...faulty].map(([index, record]) => unagreedOf(record, judged[index])));
    await this.#noteAgreed(sample.filter((_, index) => isAgreed(judged[index])));
  }

  /**
   * What is not as the ledger still says, by its index in the sample: not what a later batch delivered anew, or was deleted
   * since. What the destination is known to change is no news.
   */
  async #faultyOf(
    { run, seq }: BatchRef,
    sample: readonly Written[],
    judged: readonly Judged[],
  ): Promise<ReadonlyMap<number, Omit<Unagreed, 'finding'>>> {
    const suspects = sample.flatMap(({ key, json }, index) =>
      isHabitual(judged[index], this.#habits) ? [] : [{ index, key, json, hash: contentHash(json) }],
    );
    if (suspects.length === 0) return new Map();
    const delivered = await this.#deps.ledger.unagreed.deliveredBy(run, seq, suspects);
    return new Map(
      suspects.flatMap(({ index, ...one }) => {
        const row = delivered.get(one.key);
        return row ? [[index, { ...one, version: row.version }]] : [];
      }),
    );
  }

  /** False where what an earlier run sent cannot be made again: its batch is known by its sample alone. */
  async #judgeWhole(ref: BatchRef): Promise<boolean> {
    const { run, reader } = this.#scope;
    const read = () => readBatch(this.#deps, ref, reader);
    const batch = ref.run === run ? await read() : await unlessEdited(this.#deps, ref, read);
    if (batch === undefined || batch.records.length === 0) return false;
    const { records, judged } = batch;
    const { habits, faulty } = judgeBatch(judged, this.#habits);
    this.#habits = habits;
    this.#found.checked += records.length;
    this.#count(judged);
    const unagreed = faulty.flatMap((index) => {
      const record = records[index];
      return record ? [unagreedOf(record, judged[index])] : [];
    });
    await this.#note(unagreed);
    await this.#noteAgreed(records.filter((_, index) => isAgreed(judged[index])));
    return true;
  }

  #count(judged: readonly Judged[]): void {
    for (const one of judged) {
      if (one === undefined) this.#found.missing++;
      else if (one.length > 0) {
        this.#found.different++;
        this.#different.add(one.filter(({ field }) => !this.#habits.has(field)));
        this.#habitual.add(one.filter(({ field }) => this.#habits.has(field)));
      }
    }
  }

  async #note(found: readonly Unagreed[]): Promise<void> {
    const { syncId, run } = this.#scope;
    for (let at = 0; at < found.length; at += AT_ONCE) {
      await this.#deps.ledger.unagreed.note(syncId, run, found.slice(at, at + AT_ONCE));
      this.#deps.attempt().report({ noted: at });
    }
  }

  async #noteAgreed(records: readonly { readonly key: string }[]): Promise<void> {
    if (this.#openBefore === 0) return;
    const keys = records.map(({ key }) => key);
    await this.#deps.ledger.unagreed.agreed(this.#scope.syncId, keys);
  }

  /** What earlier runs found, and this one has not delivered anew: it may be right by now, or be gone from both sides. */
  async lookAtEarlier(): Promise<void> {
    const { syncId, run } = this.#scope;
    let after: string | null = null;
    for (let looked = 0; this.#openBefore > 0 && looked < MOST_LOOKED_AT; looked += AT_ONCE) {
      const page: readonly OpenUnagreed[] = await this.#deps.ledger.unagreed.open(syncId, run, after, AT_ONCE);
      await this.#lookAt(page);
      after = page.at(-1)?.key ?? after;
      this.#deps.attempt().report({ ...this.#found });
      if (page.length < AT_ONCE) {
        this.#unlooked = 0;
        return;
      }
      this.#unlooked -= page.length;
    }
  }

  async #lookAt(page: readonly OpenUnagreed[]): Promise<void> {
    const { reader } = this.#scope;
    const gone = page.filter(({ delivered }) => !delivered);
    const kept = page.filter(({ delivered }) => delivered);
    const back = kept.length === 0 ? [] : await reader.read(kept);
    const judged = (await reader.judge(kept, back)).map((one, index) =>
      this.#isAsDelivered(kept[index], back[index]) ? [] : one,
    );
    this.#found.checked += kept.length;
    this.#count(judged);
    const { faulty } = judgeBatch(judged, this.#habits);
    const left = new Set(faulty);
    await this.#noteAgreed([...gone, ...kept.filter((_, index) => !left.has(index))]);
  }

  /** Something newer was delivered since, by a run that never read it back: it is known by its hash alone. */
  #isAsDelivered(record: OpenUnagreed | undefined, back: ReadBack | undefined): boolean {
    if (!record?.ledgerHash || record.ledgerHash === record.hash || back === undefined) return false;
    const parsed = checkOf(this.#scope.loaded.sync.mapping.to)(back.record);
    return parsed.success && contentHash(JSON.stringify(parsed.data)) === record.ledgerHash;
  }

  /** Says what is not agreed, for this run and for those that follow. */
  async tell(): Promise<void> {
    const { run, syncId } = this.#scope;
    const { unagreed, notices } = this.#deps.ledger;
    const altered = [...this.#habitual.byField].map(
      ([
        field,
        {
          records,
          changes: [change = 'other'],
        },
      ]) => ({
        field,
        change,
        records,
      }),
    );
    if (altered.length > 0) await unagreed.noteAltered(syncId, run, altered);
    for (const one of this.#altered) if (!this.#habitual.byField.has(one.field)) this.#habitual.add([one], one.records);
    const { missing } = this.#found;
    await notices.note(
      run,
      0,
      agreementNotices({ missing, unlooked: this.#unlooked }, this.#different, this.#habitual),
    );
  }
}

const unagreedOf = ({ key, hash, version, json }: Omit<Unagreed, 'finding'>, judged: Judged): Unagreed => ({
  key,
  hash,
  version,
  json,
  finding: judged === undefined ? 'missing' : 'different',
});
