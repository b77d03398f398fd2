import { type Contract, usesMode } from '../drift/contract.ts';
import { recordContract } from '../drift/record-contract.ts';
import { ShapeCounter } from '../drift/shape.ts';
import { readsOnlyLeaves } from '../mapping/leaves.ts';
import { type ExpectedVersions, VersionWatch } from '../version/version-watch.ts';
import { Blocks } from './content.ts';
import type { Json } from './json.ts';
import { Newest } from './newest.ts';
import type { Prepared, ReadyRecord, Reject } from './prepared.ts';
import { type TransformRules, transformRecord } from './transform.ts';
import { type ValidateRules, validateRecord } from './validate.ts';

/** What a sync states of its records. */
export interface PreparationRules
  extends Omit<ValidateRules, 'versions' | 'recordContract' | 'uncopied'>,
    TransformRules {
  /** Default: any versions, and numbers that only rise. */
  readonly expected?: ExpectedVersions | undefined;
  /** Default: `evolve`. */
  readonly contract?: Contract | undefined;
}

/**
 * Validates and transforms the records of a batch, slice by slice, so that the caller can let others run between two
 * slices. Each record goes all the way before the next: what it was parsed into is garbage while it is young. Pure: the
 * same records always give the same answer.
 */
export function preparation(given: PreparationRules) {
  const contract = recordContract(given.from, given.contract);
  const uncopied = readsOnlyLeaves(given.mapping);
  const versions = new VersionWatch(given.version, given.expected ?? {});
  const rules: ValidateRules & TransformRules = { ...given, versions, recordContract: contract, uncopied };
  const shape = new ShapeCounter(given.from, { all: usesMode(given.contract, 'freeze') });
  const keys: string[] = [];
  const invalid: Reject[] = [];
  const blocks = new Blocks();
  const newest = new Newest();
  const rejected: Reject[] = [];
  let [fetched, valid, filtered, superseded, bytes] = [0, 0, 0, 0, 0];

  const addOne = (received: Json): void => {
    const verdict = validateRecord(received, fetched++, rules);
    if ('reject' in verdict) {
      invalid.push(verdict.reject);
      bytes += bytesOfReject(verdict.reject);
      if (verdict.reject.key !== null) keys.push(verdict.reject.key);
      return;
    }
    valid++;
    keys.push(verdict.valid.key);
    if (verdict.version !== null) versions.passed(verdict.version, received);
    const outcome = transformRecord(verdict.valid, rules, blocks);
    if (outcome === 'filtered') filtered++;
    else if ('code' in outcome) {
      rejected.push(outcome);
      bytes += bytesOfReject(outcome);
    } else {
      bytes += bytesOfRecord(outcome);
      if (newest.add(outcome)) superseded++;
    }
  };

  return {
    /** `asOfMs`: what the clock of the source showed when it gave them. */
    add(slice: readonly Json[], asOfMs: number): void {
      versions.readAt(asOfMs);
      shape.add(slice);
      for (const received of slice) addOne(received);
    },
    /** What it takes in memory so far. */
    bytes: () => bytes,
    result: (): Prepared => ({
      bytes,
      validated: {
        ...{ fetched, valid, keys, rejects: invalid },
        shape: shape.result(),
        leftOut: contract?.leftOut ?? new Map(),
      },
      transformed: {
        ...{ fetched, ready: newest.records, filtered, superseded, rejects: rejected },
        ...{ highest: versions.highest, odd: versions.odd },
      },
    }),
  };
}

/** Its objects, key and hash, as measured over a hundred thousand records; and what a destination's form takes beside its bytes. */
const RECORD_BYTES = 310;
const ENCODED_BYTES = 100;

/** What a destination makes of a record takes about as much as its JSON. */
const bytesOfRecord = ({ content, encoded }: ReadyRecord): number =>
  RECORD_BYTES + content.length + (encoded === undefined ? 0 : ENCODED_BYTES + content.length);

const bytesOfReject = ({ record, reason }: Reject): number => RECORD_BYTES + (record?.length ?? 0) + reason.length;
