import { agreementNotices, FieldTallies, type Judged } from '../../model/record/agreement.ts';
import type { Reconciled } from '../../model/sync/batch.ts';
import type { LoadedSync } from '../../model/sync/project.ts';
import type { Altered, Unagreed } from '../../platform/ledger/records/unagreed.ts';
import type { Dependencies } from '../dependencies.ts';
import type { Reader } from './reader.ts';

/** Whose records are read back, and by what. */
export interface Scope {
  readonly deps: Dependencies;
  readonly run: string;
  readonly syncId: number;
  readonly loaded: LoadedSync;
  readonly reader: Reader;
}

/** Records of one statement. */
const AT_ONCE = 1_000;

/** What a run finds when it reads back, and keeps for those that follow until both sides agree. */
export class Findings {
  /** Records that were not agreed before this run. */
  readonly openBefore: number;
  /** Fields that the destination changes in most records, as far as that is known by now. */
  habits: ReadonlySet<string>;
  readonly #scope: Scope;
  /** Fields that the destination was seen to change before. */
  readonly #altered: readonly Altered[];
  readonly #different = new FieldTallies();
  readonly #habitual = new FieldTallies();
  readonly #counts = { checked: 0, missing: 0, extra: 0, different: 0 };

  private constructor(scope: Scope, openBefore: number, altered: readonly Altered[]) {
    this.openBefore = openBefore;
    this.#scope = scope;
    this.#altered = altered;
    this.habits = new Set(altered.map(({ field }) => field));
  }

  /** With what earlier runs found; a field that the sync declares as altered since is no finding any more. */
  static async of(scope: Scope): Promise<Findings> {
    const { unagreed } = scope.deps.ledger;
    const { open, altered } = await unagreed.standing(scope.syncId);
    const declared = new Set<string>(scope.loaded.sync.destinationAlters);
    const allowed = altered.map(({ field }) => field).filter((field) => declared.has(field));
    if (allowed.length > 0) await unagreed.forgetAltered(scope.syncId, allowed);
    return new Findings(
      scope,
      open,
      altered.filter(({ field }) => !declared.has(field)),
    );
  }

  get counts(): Reconciled {
    return { ...this.#counts };
  }

  /** `checked`: records that were looked at; `judged`: what is counted of them, if not all. */
  count(checked: number, judged: readonly Judged[]): void {
    this.#counts.checked += checked;
    for (const one of judged) {
      if (one === undefined) this.#counts.missing++;
      else if (one.length > 0) {
        this.#counts.different++;
        this.#different.add(one.filter(({ field }) => !this.habits.has(field)));
        this.#habitual.add(one.filter(({ field }) => this.habits.has(field)));
      }
    }
  }

  /** Keeps records that are not agreed, as they were sent. */
  async keep(found: readonly { readonly record: Omit<Unagreed, 'finding'>; readonly judged: Judged }[]): Promise<void> {
    const { deps, syncId, run } = this.#scope;
    const unagreed = found.map(({ record, judged }) => unagreedOf(record, judged));
    for (let at = 0; at < unagreed.length; at += AT_ONCE) {
      await deps.ledger.unagreed.note(syncId, run, unagreed.slice(at, at + AT_ONCE));
      deps.attempt().report({ noted: at });
    }
  }

  /** Forgets what earlier runs found of these records. */
  async agree(records: readonly { readonly key: string }[]): Promise<void> {
    if (this.openBefore === 0) return;
    const { deps, syncId } = this.#scope;
    await deps.ledger.unagreed.agreed(
      syncId,
      records.map(({ key }) => key),
    );
  }

  /** Says what is not agreed, for this run and for those that follow. `unlooked`: from before, and not looked at again. */
  async tell(unlooked: number): Promise<void> {
    const { deps, run, syncId } = this.#scope;
    const { unagreed, notices } = deps.ledger;
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
    const { missing } = this.#counts;
    await notices.note(run, 0, agreementNotices({ missing, unlooked }, this.#different, this.#habitual));
  }
}

const unagreedOf = ({ key, hash, version, json }: Omit<Unagreed, 'finding'>, judged: Judged): Unagreed => ({
  key,
  hash,
  version,
  json,
  finding: judged === undefined ? 'missing' : 'different',
});
