import type { z } from 'zod';
import { isDeeperThan, MAX_DEPTH } from './depth.ts';
import type { RecordContract } from './drift/record-contract.ts';
import { isRecord, type Json, valueAt } from './json.ts';
import { checkOf, takesOf } from './mapping/compile-check.ts';
import { pathText } from './mapping/path.ts';
import type { Reject, ValidRecord } from './prepared.ts';
import { keyFaults, keyOf } from './record-key.ts';
import { parseVersion, type RecordVersion } from './version.ts';

export interface ValidateRules {
  readonly from: z.ZodType;
  readonly key: readonly string[];
  readonly version: string | undefined;
  /** Undefined where the schema alone judges a record. */
  readonly recordContract: RecordContract | undefined;
  /** Who uses the record does not see fields that the schema does not have: they need not be left out first. */
  readonly uncopied: boolean;
}

type Verdict = { readonly valid: ValidRecord; readonly version: RecordVersion | null } | { readonly reject: Reject };

/** Checks one record against the source schema. `ordinal` is its position within the batch, from 0. Pure. */
export function validateRecord(received: Json, ordinal: number, rules: ValidateRules): Verdict {
  const reject = (
    code: Reject['code'],
    field: string | null,
    rule: string,
    reason: string,
    key: string | null = null,
  ) => ({
    reject: { ordinal, stage: 'validate' as const, key, code, field, rule, reason, record: jsonOf(received) },
  });
  if (!isRecord(received))
    return reject('NOT_A_RECORD', null, 'record', 'the source gave something that is not an object');
  if (isDeeperThan(received, MAX_DEPTH))
    return reject('RECORD_TOO_DEEP', null, 'depth', `the record is nested deeper than ${MAX_DEPTH} levels`);
  const key = keyOf(received, rules.key);
  if ('code' in key) return reject(key.code, key.field, 'key', `the key field \`${key.field}\` ${keyFaults[key.code]}`);
  const version = rules.version === undefined ? null : parseVersion(valueAt(received, rules.version));
  if (version === undefined) {
    const field = rules.version ?? '';
    return reject(
      'VERSION_INVALID',
      field,
      'version',
      `the version field \`${field}\` is neither a time nor a whole number`,
      key.key,
    );
  }
  const refused = rules.recordContract?.refusedField(received);
  if (refused !== undefined) {
    const reason = 'the source schema does not have this field, and the contract of the sync rejects new fields';
    return reject('FIELD_UNKNOWN', refused, 'contract', reason, key.key);
  }
  const valid = (parsed: unknown): Verdict => ({
    valid: { ordinal, key: key.key, version: version?.value ?? null, received, parsed },
    version,
  });
  if (rules.uncopied && takesOf(rules.from)?.(received)) return valid(received);
  const checked = checkOf(rules.from)(received);
  const parsed = checked.success
    ? checked
    : (rules.recordContract?.withoutUnfit(received, checked.error.issues) ?? checked);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    const field = issue ? pathText(issue.path.map(String)) : null;
    const { reject: invalid } = reject(
      'SOURCE_SCHEMA',
      field,
      issue?.code ?? 'schema',
      issue?.message ?? 'invalid',
      key.key,
    );
    const absent = issue !== undefined && isAbsent(received, issue.path) ? { isAbsent: true as const } : {};
    return { reject: { ...invalid, ...absent, version: version?.value ?? null } };
  }
  return valid(parsed.data);
}

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
