import { type Json, valueAt } from '../record/json.ts';
import { type EpochUnit, isAfter, type RecordVersion, type VersionKind } from '../record/version.ts';
import { clockOf, counting, highestAt } from './watermark.ts';

export interface ExpectedVersions {
  /** The kind of the sync's watermark; absent: numbers where they count time, else that of the first version of the batch. */
  readonly kind?: VersionKind | undefined;
  /** What whole numbers count; absent: they only rise. */
  readonly epoch?: EpochUnit | undefined;
}

/** What is odd in the versions of a batch. */
export interface OddVersions {
  /** Records stamped later than the clock of the source allows. */
  readonly ahead: number;
  /** Records whose version is of another kind than those of the sync. */
  readonly otherKind: number;
}

/**
 * Looks at the versions of a batch, one after the other, and finds the highest of them that the watermark may reach. A
 * version that lies beyond the clock of the source, or is of another kind than the sync's, does not compare: its record
 * is delivered as one without a version, so that whatever comes after it replaces it.
 */
export class VersionWatch {
  readonly #field: string | undefined;
  readonly #epoch: EpochUnit | undefined;
  readonly #clock: Record<VersionKind, number> = { time: 0, number: 0 };
  readonly #limit: Record<VersionKind, number> = { time: 0, number: 0 };
  #kind: VersionKind | undefined;
  #asOfMs: number | undefined;
  #highest: RecordVersion | null = null;
  #highestIn: Json | undefined;
  #highestOther: RecordVersion | null = null;
  #ahead = 0;
  #otherKind = 0;

  /** `field`: where the version lies in a record. */
  constructor(field: string | undefined, { kind, epoch }: ExpectedVersions) {
    this.#field = field;
    this.#kind = kind ?? (epoch && 'number');
    this.#epoch = epoch;
  }

  /** What follows was read when the clock of the source showed this. */
  readAt(asOfMs: number): void {
    if (asOfMs === this.#asOfMs) return;
    this.#asOfMs = asOfMs;
    for (const kind of ['time', 'number'] as const) {
      const counted = counting({ kind, value: 0 }, this.#epoch);
      this.#clock[kind] = clockOf(counted, asOfMs);
      this.#limit[kind] = highestAt(counted, asOfMs);
    }
  }

  /** The value by which the record is compared with others; null for none. */
  comparable(version: RecordVersion): number | null {
    if (version.value > this.#limit[version.kind]) {
      this.#ahead++;
      return null;
    }
    this.#kind ??= version.kind;
    if (version.kind !== this.#kind) {
      this.#otherKind++;
      return null;
    }
    return version.value > this.#clock[version.kind] ? null : version.value;
  }

  /** Notes the version of a record that is on its way. */
  passed(version: RecordVersion, received: Json): void {
    if (version.value > this.#limit[version.kind]) return;
    if (version.kind !== this.#kind) this.#highestOther = later(this.#highestOther, version);
    else if (this.#highest === null || version.value > this.#highest.value) {
      this.#highest = version;
      this.#highestIn = received;
    }
  }

  /** What the watermark may reach; of another kind than the sync's only where the batch has no other. */
  get highest(): RecordVersion | null {
    if (this.#highest === null) return this.#highestOther && counting(this.#highestOther, this.#epoch);
    const text = this.#field === undefined ? undefined : valueAt(this.#highestIn, this.#field);
    return counting({ ...this.#highest, ...(typeof text === 'string' && { form: text }) }, this.#epoch);
  }

  get odd(): OddVersions {
    return { ahead: this.#ahead, otherKind: this.#otherKind };
  }
}

const later = (a: RecordVersion | null, b: RecordVersion): RecordVersion => (a !== null && isAfter(a, b) ? a : b);
