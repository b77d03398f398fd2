import type { z } from 'zod';
import type { RecordContract } from '../drift/record-contract.ts';
import { checkOf, takesOf } from '../mapping/compile-check.ts';
import type { Mapping } from '../mapping/mapping.ts';
import type { VersionWatch } from '../version/version-watch.ts';
import { isDeeperThan, MAX_DEPTH } from './depth.ts';
import { isUncommon } from './exact-marks.ts';
import { issueFault } from './issue-fault.ts';
import { isRecord, type Json, valueAt } from './json.ts';
import type { Fault, Reject, ValidRecord } from './prepared.ts';
import { type KeyOfRecord, keyFaults, keyOf } from './record-key.ts';
import { carried, exactNumberFault } from './uncommon.ts';
import { parseVersion, type RecordVersion } from './version.ts';

export interface ValidateRules {
  readonly from: z.ZodType;
  readonly key: readonly string[];
  readonly version: string | undefined;
  /** Sees the version of each record. */
  readonly versions: VersionWatch;
  /** Undefined where the schema alone judges a record. */
  readonly recordContract: RecordContract | undefined;
  /** Who uses the record does not see fields that the schema does not have: they need not be left out first. */
  readonly uncopied: boolean;
  readonly mapping: Mapping;
}

type Verdict = { readonly valid: ValidRecord; readonly version: RecordVersion | null } | { readonly reject: Reject };

/** Checks one record against the source schema. `ordinal` is its position within the batch, from 0. Pure but for the watch. */
export function validateRecord(received: Json, ordinal: number, rules: ValidateRules): Verdict {
  if (!isRecord(received)) return rejected(received, ordinal, null, notARecord);
  if (isDeeperThan(received, MAX_DEPTH)) return rejected(received, ordinal, null, tooDeep);
  const found = keyOf(received, rules.key);
  if ('code' in found) return rejected(received, ordinal, null, keyFault(found));
  const { key } = found;
  const version = rules.version === undefined ? null : parseVersion(valueAt(received, rules.version));
  if (version === undefined) return rejected(received, ordinal, key, versionFault(rules.version ?? ''));
  const refused = rules.recordContract?.refusedField(received);
  if (refused !== undefined) return rejected(received, ordinal, key, unknownFault(refused));

  const value = version === null ? null : rules.versions.comparable(version);
  if (isUncommon(received)) {
    const given = carried(received, rules.mapping);
    if ('code' in given) return rejected(received, ordinal, key, given);
    const marked = given.isMarked ? checkOf(rules.from)(given.record) : undefined;
    if (marked?.success)
      return { valid: { ordinal, key, version: value, received, parsed: marked.data, isMarked: true }, version };
  }
  if (rules.uncopied && takesOf(rules.from)?.(received))
    return { valid: { ordinal, key, version: value, received, parsed: received }, version };
  const checked = checkOf(rules.from)(received);
  const parsed = checked.success
    ? checked
    : (rules.recordContract?.withoutUnfit(received, checked.error.issues) ?? checked);
  if (parsed.success) return { valid: { ordinal, key, version: value, received, parsed: parsed.data }, version };
  const { issues } = parsed.error;
  const reason = issues[0] && exactNumberFault(received, issues[0].path);
  const fault = issueFault('SOURCE_SCHEMA', issues);
  const { reject } = rejected(received, ordinal, key, reason === undefined ? fault : { ...fault, reason });
  const absent = issues[0] && isAbsent(received, issues[0].path) ? { isAbsent: true as const } : {};
  return { reject: { ...reject, ...absent, version: value } };
}

const rejected = (received: Json, ordinal: number, key: string | null, fault: Fault): { readonly reject: Reject } => ({
  reject: { ordinal, stage: 'validate', key, ...fault, record: jsonOf(received) },
});

const notARecord: Fault = {
  code: 'NOT_A_RECORD',
  field: null,
  rule: 'record',
  reason: 'the source gave something that is not an object',
};

const tooDeep: Fault = {
  code: 'RECORD_TOO_DEEP',
  field: null,
  rule: 'depth',
  reason: `the record is nested deeper than ${MAX_DEPTH} levels`,
};

const keyFault = ({ code, field }: Extract<KeyOfRecord, { code: unknown }>): Fault => ({
  code,
  field,
  rule: 'key',
  reason: `the key field \`${field}\` ${keyFaults[code]}`,
});

const versionFault = (field: string): Fault => ({
  code: 'VERSION_INVALID',
  field,
  rule: 'version',
  reason: `the version field \`${field}\` is neither a time nor a whole number`,
});

const unknownFault = (field: string): Fault => ({
  code: 'FIELD_UNKNOWN',
  field,
  rule: 'contract',
  reason: 'the source schema does not have this field, and the contract of the sync rejects new fields',
});

/** Whether nothing stands where the schema asks for something. */
function isAbsent(received: Json, path: readonly PropertyKey[]): boolean {
  let at: Json | undefined = received;
  for (const step of path) {
    if (Array.isArray(at)) at = at[Number(step)];
    else if (isRecord(at)) at = at[String(step)];
    else return false;
  }
  return at === undefined;
}

/** Null for what no stack can walk. */
function jsonOf(received: Json): string | null {
  try {
    return JSON.stringify(received);
  } catch {
    return null;
  }
}
