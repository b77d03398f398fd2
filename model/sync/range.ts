import { isRecord, type Json, valueAt } from '../record/json.ts';
import { parseVersion, type RecordVersion } from '../record/version.ts';

/**
 * What a run reads again, by the version of the records; both ends belong to it. Without `until` it goes on to the
 * newest, as every run does, and moves the watermark; with it the run is a backfill, which leaves the watermark alone.
 */
export interface ReadRange {
  readonly since: RecordVersion;
  readonly until?: RecordVersion;
}

/** Where a version lies. A record whose version cannot be read is taken: the next step says what is wrong with it. */
export function placeIn(range: ReadRange, record: Json, versionField: string): 'before' | 'within' | 'beyond' {
  const version = isRecord(record) ? parseVersion(valueAt(record, versionField)) : undefined;
  if (version === undefined || version.kind !== range.since.kind) return 'within';
  if (version.value < range.since.value) return 'before';
  return range.until !== undefined && version.value > range.until.value ? 'beyond' : 'within';
}

/**
 * A range in parts that follow each other, each at most this wide: microseconds for times, as versions count them. Other
 * runs of the sync come between two parts.
 */
export function slicesOf(since: RecordVersion, until: RecordVersion, width: number): readonly Required<ReadRange>[] {
  const { kind } = since;
  const slices: Required<ReadRange>[] = [];
  for (let from = since.value; from <= until.value; from += width)
    slices.push({ since: { kind, value: from }, until: { kind, value: Math.min(from + width - 1, until.value) } });
  return slices;
}
