import type { Reject } from '../record/prepared.ts';
import { type ContractOf, generalField } from './contract.ts';
import type { LeftOut } from './record-contract.ts';
import type { BatchShape, FieldCount } from './shape.ts';

/** How records of a batch differ from the source schema, or from what the source used to give. */
export interface DriftFinding {
  readonly field: string;
  /** `new`: the schema does not have it. `missing`: it is no longer there. `changed`: it has another form. */
  readonly change: 'new' | 'missing' | 'changed';
  /** In words, without values: `number`, `expected number, received string`. */
  readonly found: string;
  readonly records: number;
  readonly of: number;
  /** The run halts until a person has decided. */
  readonly breaking: boolean;
}

/** What earlier batches had, by field. */
export interface KnownField {
  readonly seen: number;
  readonly present: number;
  /** A person has decided to go on with it. */
  readonly accepted: boolean;
}

export interface DriftFacts {
  readonly shape: BatchShape;
  /** Of the validation. */
  readonly rejects: readonly Reject[];
  /** Values that the contract left out, by field. */
  readonly leftOut: ReadonlyMap<string, LeftOut>;
  readonly fetched: number;
  readonly known: ReadonlyMap<string, KnownField>;
  readonly contract: ContractOf;
}

/** Fewer records than this may be an accident. */
const LEAST_RECORDS = 20;
/** A smaller share of a batch are bad records, not a changed system. */
const LEAST_SHARE = 0.1;
/** What earlier batches had is believed from so many records on. */
const LEAST_KNOWN = 50;
/** A field that was there in this share of the records is expected to be there. */
const USUAL_SHARE = 0.95;

/** Decides what has changed and what of it is breaking. Pure. */
export function driftOf(facts: DriftFacts): readonly DriftFinding[] {
  const rejected = rejectedFields(facts);
  const told = new Set(rejected.map(({ field }) => field));
  return [
    ...rejected,
    ...[...facts.leftOut].map(
      ([field, { records, reason }]): DriftFinding => ({
        field,
        change: 'changed',
        found: `left out: ${reason}`,
        records,
        of: facts.fetched,
        breaking: false,
      }),
    ),
    ...facts.shape.fields.flatMap((count) => {
      if (!count.known) return [newField(count, facts)];
      return told.has(count.field) ? [] : vanished(count, facts);
    }),
  ];
}

function newField({ field, present, seen, kinds }: FieldCount, { contract, known }: DriftFacts): DriftFinding {
  const breaking = contract(field) === 'freeze' && known.get(field)?.accepted !== true;
  return { field, change: 'new', found: kinds.join(' or '), records: present, of: seen, breaking };
}

/** A field that may be absent, was always there, and is in no record any more: it was renamed or taken away. */
function vanished({ field, seen, present }: FieldCount, { known, contract }: DriftFacts): DriftFinding[] {
  const before = known.get(field);
  if (present > 0 || seen < LEAST_RECORDS || before === undefined) return [];
  if (before.seen < LEAST_KNOWN || before.present < before.seen * USUAL_SHARE) return [];
  const mode = contract(field);
  const share = Math.floor((before.present / before.seen) * 100);
  const found = `in no record; before, ${share} % of the records had it`;
  return [
    { field, change: 'missing', found, records: seen, of: seen, breaking: mode === 'evolve' || mode === 'freeze' },
  ];
}

function rejectedFields({ rejects, fetched, known, contract }: DriftFacts): DriftFinding[] {
  const groups = new Map<string, { readonly first: Reject; records: number }>();
  for (const reject of rejects) {
    if (reject.code !== 'SOURCE_SCHEMA') continue;
    const field = generalField(reject.field ?? '*');
    const group = groups.get(field) ?? { first: reject, records: 0 };
    groups.set(field, group);
    group.records++;
  }
  return [...groups].map(([field, { first, records }]) => {
    const before = known.get(field);
    const systematic = records >= LEAST_RECORDS && records >= fetched * LEAST_SHARE;
    const wasThere = before !== undefined && before.present >= LEAST_KNOWN;
    const mode = contract(field);
    const decided = before?.accepted === true;
    return {
      field,
      change: first.isAbsent ? 'missing' : 'changed',
      found: first.reason,
      records,
      of: fetched,
      breaking: !decided && (mode === 'freeze' || (mode === 'evolve' && systematic && wasThere)),
    };
  });
}

const signs = { new: '+', missing: '-', changed: '~' } as const;

/** The findings as a diff, breaking ones first. */
export function driftLines(findings: readonly DriftFinding[]): readonly string[] {
  const sorted = [...findings].sort((a, b) => Number(b.breaking) - Number(a.breaking));
  return sorted.map(
    ({ field, change, found, records, of }) => `${signs[change]} ${field} ${change}: ${found} (${records} of ${of})`,
  );
}
