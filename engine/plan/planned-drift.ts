import { type Contract, contractOf } from '../../model/drift/contract.ts';
import { type DriftFinding, driftOf, type KnownField } from '../../model/drift/drift.ts';
import type { LeftOut } from '../../model/drift/record-contract.ts';
import type { FieldCount } from '../../model/drift/shape.ts';
import type { Reject, Validated } from '../../model/record/prepared.ts';

/** How the batches of a plan differ from the source schema, as if they were one. */
export class PlannedDrift {
  readonly #fields = new Map<string, FieldCount>();
  readonly #leftOut = new Map<string, LeftOut>();
  readonly #rejects: Reject[] = [];
  #fetched = 0;

  add({ fetched, rejects, shape, leftOut }: Validated): void {
    this.#fetched += fetched;
    for (const count of shape.fields) this.#fields.set(count.field, together(this.#fields.get(count.field), count));
    for (const [field, { records, reason }] of leftOut) {
      const before = this.#leftOut.get(field);
      this.#leftOut.set(field, { records: (before?.records ?? 0) + records, reason: before?.reason ?? reason });
    }
    // Only what is counted is kept, not the record itself.
    for (const reject of rejects)
      if (reject.code === 'SOURCE_SCHEMA') this.#rejects.push({ ...reject, key: null, record: null });
  }

  /** `known`: what the batches of earlier runs had. */
  findings(known: ReadonlyMap<string, KnownField>, contract: Contract | undefined): readonly DriftFinding[] {
    return driftOf({
      ...{ shape: { fields: [...this.#fields.values()] }, rejects: this.#rejects, leftOut: this.#leftOut },
      ...{ fetched: this.#fetched, known, contract: contractOf(contract) },
    });
  }
}

const together = (before: FieldCount | undefined, count: FieldCount): FieldCount =>
  before === undefined
    ? count
    : {
        ...count,
        seen: before.seen + count.seen,
        present: before.present + count.present,
        kinds: [...new Set([...before.kinds, ...count.kinds])].sort(),
      };
