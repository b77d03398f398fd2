import { type EpochUnit, isAfter, type RecordVersion } from '../record/version.ts';

/**
 * How far a version may lie beyond the clock of its source, as the clocks of those differ who stamp records. One that
 * lies further is no time of a change: it never becomes the watermark, and says nothing of what is newer.
 */
export const CLOCK_TOLERANCE_MS = 300_000;

type Counted = Pick<RecordVersion, 'kind' | 'epoch'>;

/** A clock in the unit of a version. Numbers that only rise are never beyond it. */
export function clockOf({ kind, epoch }: Counted, ms: number): number {
  if (kind === 'time') return Math.floor(ms * 1000);
  if (epoch === undefined) return Number.POSITIVE_INFINITY;
  return epoch === 'seconds' ? Math.floor(ms / 1000) : Math.floor(ms);
}

/** The highest version of a kind that counts while the clock of the source shows `asOfMs`. */
export const highestAt = (version: Counted, asOfMs: number): number => clockOf(version, asOfMs + CLOCK_TOLERANCE_MS);

export const isBeyond = (version: RecordVersion, asOfMs: number): boolean => version.value > highestAt(version, asOfMs);

/** The version, or the clock where that is behind it: what is stamped later may still come. */
function notAfterClock(version: RecordVersion, clockMs: number): RecordVersion {
  const clock = clockOf(version, clockMs);
  return version.value <= clock ? version : { ...version, value: clock };
}

export interface ReadToEnd {
  /** Where the watermark stood before. */
  readonly before: RecordVersion | null;
  /** It read everything, and not only what lies after the watermark. */
  readonly full: boolean;
  /** The highest version of each batch, in order; null where a batch has none. */
  readonly highest: readonly (RecordVersion | null)[];
  /** What the clock of the source showed when the first page was read. */
  readonly readFromMs: number;
}

/**
 * Where the watermark stands after a run that read to the end (invariant 2). Never beyond the moment at which reading
 * began: what changed after a page was read may have been on that page. A full run says anew where it stands, also when
 * that is lower, or of another kind because the source has no other any more. Pure.
 */
export function watermarkAfter({ before, full, highest, readFromMs }: ReadToEnd): RecordVersion | null {
  const seen = highest.filter((version) => version !== null);
  const kinds = seen.map(({ kind }) => kind);
  const kind = before !== null && (!full || kinds.includes(before.kind)) ? before.kind : kinds[0];
  const same = seen.filter((version) => version.kind === kind);
  const [first, ...others] = same;
  if (first === undefined) return before;
  const reached = notAfterClock(
    others.reduce((above, version) => (isAfter(version, above) ? version : above), first),
    readFromMs,
  );
  return !full && before !== null && isAfter(before, reached) ? before : reached;
}

/** A version so much earlier. Numbers that only rise have no earlier: undefined. */
export function lessOverlap(version: RecordVersion, overlapMs: number): RecordVersion | undefined {
  if (overlapMs === 0) return version;
  if (version.kind === 'time') return { ...version, value: version.value - overlapMs * 1000 };
  if (version.epoch === undefined) return undefined;
  const overlap = version.epoch === 'seconds' ? Math.ceil(overlapMs / 1000) : overlapMs;
  return { ...version, value: version.value - overlap };
}

/** Says of a number what it counts. */
export const counting = (version: RecordVersion, epoch: EpochUnit | undefined): RecordVersion =>
  version.kind === 'number' && epoch !== undefined ? { ...version, epoch } : version;
