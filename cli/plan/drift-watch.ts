import { contractOf } from '../../model/drift/contract.ts';
import { type DriftFinding, driftOf, type KnownField } from '../../model/drift/drift.ts';
import { recordContract } from '../../model/drift/record-contract.ts';
import { ShapeCounter } from '../../model/drift/shape.ts';
import type { Json } from '../../model/json.ts';
import type { Reject } from '../../model/prepared.ts';
import type { LoadedSync } from '../../model/project.ts';
import { keyFieldsOf } from '../../model/record-key.ts';
import { type ValidateRules, validateRecord } from '../../model/validate.ts';

/** Looks at the pages that a plan reads, and says how they differ from the source schema, as if they were one batch. */
export class DriftWatch {
  /** The sync to plan with. */
  readonly watched: LoadedSync;
  readonly #loaded: LoadedSync;
  readonly #rules: ValidateRules;
  readonly #shape: ShapeCounter;
  readonly #rejects: Reject[] = [];
  #fetched = 0;

  constructor(loaded: LoadedSync) {
    const { mapping, version, contract } = loaded.sync;
    this.#loaded = loaded;
    this.#shape = new ShapeCounter(mapping.from);
    const ofRecords = recordContract(mapping.from, contract);
    this.#rules = { from: mapping.from, key: keyFieldsOf(loaded.sync), version, recordContract: ofRecords };
    const look = (records: readonly Json[]) => this.#look(records);
    this.watched = {
      ...loaded,
      openSource(world) {
        const source = loaded.openSource(world);
        async function* pages(request: Parameters<typeof source.read>[0]) {
          for await (const page of source.read(request)) {
            look(page.records);
            yield page;
          }
        }
        return { ...source, read: pages };
      },
    };
  }

  /** `known`: what earlier batches had. */
  findings(known: ReadonlyMap<string, KnownField>): readonly DriftFinding[] {
    return driftOf({
      ...{ shape: this.#shape.result(), rejects: this.#rejects, fetched: this.#fetched, known },
      leftOut: this.#rules.recordContract?.leftOut ?? new Map(),
      contract: contractOf(this.#loaded.sync.contract),
    });
  }

  #look(records: readonly Json[]): void {
    this.#shape.add(records);
    for (const record of records) {
      const verdict = validateRecord(record, this.#fetched++, this.#rules);
      // Only what is counted is kept, not the record itself.
      if ('reject' in verdict && verdict.reject.code === 'SOURCE_SCHEMA')
        this.#rejects.push({ ...verdict.reject, key: null, record: null });
    }
  }
}
