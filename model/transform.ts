import { hash } from 'node:crypto';
import type { Destination } from './connector.ts';
import type { Blocks } from './content.ts';
import { isRecord } from './json.ts';
import { checkOf } from './mapping/compile-check.ts';
import type { Mapping } from './mapping/mapping.ts';
import { pathText } from './mapping/path.ts';
import type { ReadyRecord, Reject, ValidRecord } from './prepared.ts';

export interface TransformRules {
  readonly mapping: Mapping;
  readonly maxRecordBytes: number;
  /** The destination's own, where it has one. */
  readonly encode?: Destination['encode'];
}

/** The content hash of a record's destination form: the first 128 bits of SHA-256, in hexadecimal. */
export const contentHash = (json: string | Buffer): string => hash('sha256', json, 'hex').slice(0, 32);

/** Identifies the content of a request: a replay must carry the same. */
export const fingerprint = (records: readonly ReadyRecord[]): string =>
  contentHash(records.map((record) => `${record.key}\n${record.hash}`).join('\n'));

/** Maps a valid record, checks the result against the destination schema, and puts its JSON into the blocks. */
export function transformRecord(
  record: ValidRecord,
  rules: TransformRules,
  blocks: Blocks,
): ReadyRecord | Reject | 'filtered' {
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
  const encoded = checked.plain && isRecord(checked.data) ? rules.encode?.(checked.data, json) : undefined;
  const content = blocks.write(json);
  const { ordinal, key, version } = record;
  return { ordinal, key, version, content, hash: contentHash(content.bytes), encoded };
}
