import { hash } from 'node:crypto';
import type { Destination } from '../connector/connector.ts';
import { checkOf, takesOf } from '../mapping/compile-check.ts';
import { jsonWriterOf } from '../mapping/compile-json.ts';
import type { Mapping } from '../mapping/mapping.ts';
import type { Blocks, Content } from './content.ts';
import { issueFault } from './issue-fault.ts';
import { isRecord } from './json.ts';
import type { Fault, ReadyRecord, Reject, ValidRecord } from './prepared.ts';
import { jsonOfMarked } from './uncommon.ts';

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
  const mapped = rules.mapping.run(record.parsed);
  if (mapped.state === 'filtered') return 'filtered';
  if (mapped.state === 'rejected') return rejected(record, { code: 'MAPPING_REJECTED', ...mapped });
  const written = record.isMarked
    ? writtenMarked(mapped.record, rules, blocks)
    : writtenOf(mapped.record, rules, blocks);
  if ('code' in written) return rejected(record, written);
  const { content, encoded } = written;
  const { ordinal, key, version } = record;
  return { ordinal, key, version, content, hash: contentHash(content.bytes), encoded };
}

const writtenOf = (mapped: unknown, rules: TransformRules, blocks: Blocks): Written | Fault =>
  writtenAtOnce(mapped, rules, blocks) ?? checkedAndWritten(mapped, rules, blocks);

/** What a destination makes of a record has no place for marks: it reads the JSON. */
function writtenMarked(mapped: unknown, { mapping, maxRecordBytes }: TransformRules, blocks: Blocks): Written | Fault {
  const made = jsonOfMarked(mapped, mapping.to);
  if (!('json' in made)) return issueFault('DESTINATION_SCHEMA', made);
  const content = byText(made.json, maxRecordBytes, blocks);
  return 'code' in content ? content : { content, encoded: undefined };
}

type Written = Pick<ReadyRecord, 'content' | 'encoded'>;

/** Undefined for what has to be looked at more closely, and where the destination wants the record itself. */
function writtenAtOnce(mapped: unknown, rules: TransformRules, blocks: Blocks): Written | undefined {
  if (rules.encode) return undefined;
  const { to } = rules.mapping;
  const writer = jsonWriterOf(to);
  const content = writer && takesOf(to)?.(mapped) ? blocks.writeBy(writer, mapped, rules.maxRecordBytes) : undefined;
  return content && { content, encoded: undefined };
}

function checkedAndWritten(mapped: unknown, rules: TransformRules, blocks: Blocks): Written | Fault {
  const { mapping, encode, maxRecordBytes } = rules;
  const checked = checkOf(mapping.to)(mapped);
  if (!checked.success) return issueFault('DESTINATION_SCHEMA', checked.error.issues);
  const { data, plain } = checked;
  const writer = encode && plain ? jsonWriterOf(mapping.to) : undefined;
  const content =
    (writer && blocks.writeBy(writer, data, maxRecordBytes)) ?? byText(JSON.stringify(data), maxRecordBytes, blocks);
  if ('code' in content) return content;
  return { content, encoded: plain && isRecord(data) ? encode?.(data, content) : undefined };
}

/** The policy counts the characters of the text. */
function byText(json: string, maxRecordBytes: number, blocks: Blocks): Content | Fault {
  if (json.length <= maxRecordBytes) return blocks.write(json);
  const reason = `${json.length} bytes, the policy allows ${maxRecordBytes}`;
  return { code: 'RECORD_TOO_LARGE', field: null, rule: 'size', reason };
}

const rejected = ({ ordinal, key, version, received }: ValidRecord, { code, field, rule, reason }: Fault): Reject => ({
  ordinal,
  stage: 'transform',
  key,
  version,
  code,
  field,
  rule,
  reason,
  record: JSON.stringify(received),
});

/** What a batch without changes would send: nothing. */
export const NOTHING_TO_SEND = fingerprint([]);
