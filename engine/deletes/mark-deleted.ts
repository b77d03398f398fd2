import type { Destination, WriteItem } from '../../model/connector/connector.ts';
import { checkOf } from '../../model/mapping/compile-check.ts';
import { isRecord, type Json, type JsonRecord } from '../../model/record/json.ts';
import { contentHash } from '../../model/record/transform.ts';
import type { LoadedSync } from '../../model/sync/project.ts';
import type { Deletion } from '../../platform/ledger/deletes/deletions.ts';
import { readKey } from '../delivery/read-back.ts';

/** Writes that mark records as deleted where they are, and the content hash of each; what is not there needs no mark. */
export interface Marks {
  readonly items: readonly WriteItem[];
  readonly hashes: ReadonlyMap<number, string>;
}

/**
 * Reads the records and sets the fields that mark them as deleted. Only fields of the destination schema are written
 * back, so that what others keep in the record stays theirs.
 */
export async function marksFor(
  { sync }: LoadedSync,
  destination: Destination,
  records: readonly Deletion[],
  fields: JsonRecord,
  signal: AbortSignal,
): Promise<Marks> {
  const check = checkOf(sync.mapping.to);
  const keys = records.map((record) => readKey(destination, record));
  const found = await destination.read?.(keys, signal);
  const items: WriteItem[] = [];
  const hashes = new Map<number, string>();
  for (const [index, { n, key, destinationId }] of records.entries()) {
    const back = found?.get(keys[index] ?? '');
    if (back === undefined) continue;
    const json = markedJson(check, back.record, fields);
    hashes.set(n, contentHash(json));
    const tag = back.tag === undefined ? {} : { tag: back.tag };
    items.push({ key, op: 'upsert', json, destinationId: back.id ?? destinationId, exists: true, ...tag });
  }
  return { items, hashes };
}

function markedJson(check: ReturnType<typeof checkOf>, record: Json, fields: JsonRecord): string {
  const marked = { ...(isRecord(record) ? record : {}), ...fields };
  const parsed = check(marked);
  return JSON.stringify(parsed.success ? parsed.data : marked);
}

/** The fields of a sync's soft delete; `{time}` is when the run began. */
export const markFields = (set: JsonRecord, startedAt: string): JsonRecord =>
  Object.fromEntries(Object.entries(set).map(([name, value]) => [name, value === '{time}' ? startedAt : value]));
