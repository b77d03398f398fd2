import type { z } from 'zod';
import type { RecordContract } from './drift/record-contract.ts';
import { isRecord, type Json, valueAt } from './json.ts';
import { checkOf } from './mapping/compile-check.ts';
import { pathText } from './mapping/path.ts';
import type { Reject, ValidRecord } from './prepared.ts';
import { parseVersion, type RecordVersion } from './version.ts';

export interface ValidateRules {
  readonly from: z.ZodType;
  readonly key: readonly string[];
  readonly version: string | undefined;
  /** Undefined where the schema alone judges a record. */
  readonly recordContract: RecordContract | undefined;
}

type Verdict = { readonly valid: ValidRecord; readonly version: RecordVersion | null } | { readonly reject: Reject };

/** Joins the parts of a composite key; a part that holds it is escaped by doubling. */
const KEY_SEPARATOR = '|';

/** Checks one record against the source schema. `ordinal` is its position within the batch, from 0. Pure. */
export function validateRecord(received: Json, ordinal: number, rules: ValidateRules): Verdict {
  const reject = (
    code: Reject['code'],
    field: string | null,
    rule: string,
    reason: string,
    key: string | null = null,
  ) => ({
    reject: { ordinal, stage: 'validate' as const, key, code, field, rule, reason, record: JSON.stringify(received) },
  });
  if (!isRecord(received))
    return reject('NOT_A_RECORD', null, 'record', 'the source gave something that is not an object');
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
    return { reject: { ...invalid, version: version?.value ?? null } };
  }
  return { valid: { ordinal, key: key.key, version: version?.value ?? null, received, parsed: parsed.data }, version };
}

const keyFaults = {
  KEY_MISSING: 'is missing or empty',
  KEY_TYPE: 'is neither text nor a whole number',
  TEXT_NUL: 'holds a NUL character or half of a surrogate pair',
} as const;

type Key = { readonly key: string } | { readonly field: string; readonly code: keyof typeof keyFaults };

function keyOf(record: Json, paths: readonly string[]): Key {
  const parts: string[] = [];
  for (const path of paths) {
    const value = valueAt(record, path);
    if (value === undefined || value === null || value === '') return { field: path, code: 'KEY_MISSING' };
    if (typeof value === 'number' ? !Number.isSafeInteger(value) : typeof value !== 'string') {
      return { field: path, code: 'KEY_TYPE' };
    }
    const part = String(value);
    if (unstorable.test(part)) return { field: path, code: 'TEXT_NUL' };
    parts.push(part);
  }
  const [only] = parts;
  if (parts.length === 1 && only !== undefined) return { key: only };
  return {
    key: parts.map((part) => part.replaceAll(KEY_SEPARATOR, KEY_SEPARATOR + KEY_SEPARATOR)).join(KEY_SEPARATOR),
  };
}

// With the u flag a surrogate matches only when it stands alone.
const unstorable = /[\0\ud800-\udfff]/u;
