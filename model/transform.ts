import { hash } from 'node:crypto';
import { checkOf } from './mapping/compile-check.ts';
import type { Mapping } from './mapping/mapping.ts';
import { pathText } from './mapping/path.ts';
import type { ReadyRecord, Reject, Transformed, Validated, ValidRecord } from './prepared.ts';

export interface TransformRules {
  readonly mapping: Mapping;
  readonly maxRecordBytes: number;
}

/** The content hash of a record's destination form: the first 128 bits of SHA-256, in hexadecimal. */
export const contentHash = (json: string): string => hash('sha256', json, 'hex').slice(0, 32);

/** Identifies the content of a request: a replay must carry the same. */
export const fingerprint = (records: readonly ReadyRecord[]): string =>
  contentHash(records.map((record) => `${record.key}\n${record.hash}`).join('\n'));

/**
 * Maps the valid records of a batch and checks each result against the destination schema, slice by slice, so that
 * the caller can let others run between two slices. Pure.
 */
export function transformation(batch: Validated, rules: TransformRules) {
  const newest = new Map<string, ReadyRecord>();
  const rejects: Reject[] = [];
  let filtered = 0;
  let superseded = 0;
  return {
    add(slice: readonly ValidRecord[]): void {
      for (const record of slice) {
        const outcome = transformRecord(record, rules);
        if (outcome === 'filtered') filtered++;
        else if ('code' in outcome) rejects.push(outcome);
        else if (keepNewest(newest, outcome)) superseded++;
      }
    },
    result: (): Transformed => ({
      fetched: batch.fetched,
      ready: [...newest.values()],
      filtered,
      superseded,
      rejects,
      highest: batch.highest,
    }),
  };
}

/** Invariant 5, newest wins: of two records with one key the higher version stays; of equal ones the later. */
function keepNewest(newest: Map<string, ReadyRecord>, record: ReadyRecord): boolean {
  const known = newest.get(record.key);
  if (known === undefined) {
    newest.set(record.key, record);
    return false;
  }
  if ((record.version ?? 0) >= (known.version ?? 0)) newest.set(record.key, record);
  return true;
}

function transformRecord(record: ValidRecord, rules: TransformRules): ReadyRecord | Reject | 'filtered' {
  const reject = (code: Reject['code'], field: string | null, rule: string, reason: string): Reject => ({
    ordinal: record.ordinal,
    stage: 'transform',
    key: record.key,
    version: record.version,
    code,
    field,
    rule,
    reason,
    record: JSON.stringify(record.received),
  });
  const mapped = rules.mapping.run(record.parsed);
  if (mapped.state === 'filtered') return 'filtered';
  if (mapped.state === 'rejected') return reject('MAPPING_REJECTED', mapped.field, mapped.rule, mapped.reason);
  const checked = checkOf(rules.mapping.to)(mapped.record);
  if (!checked.success) {
    const issue = checked.error.issues[0];
    const field = issue ? pathText(issue.path.map(String)) : null;
    return reject('DESTINATION_SCHEMA', field, issue?.code ?? 'schema', issue?.message ?? 'invalid');
  }
  const json = JSON.stringify(checked.data);
  if (json.length > rules.maxRecordBytes) {
    return reject('RECORD_TOO_LARGE', null, 'size', `${json.length} bytes, the policy allows ${rules.maxRecordBytes}`);
  }
  return { ordinal: record.ordinal, key: record.key, version: record.version, json, hash: contentHash(json) };
}
