import type { Json } from './json.ts';

/**
 * The version of a record as a number that rises: microseconds since 1970 for a time, the number itself for a whole
 * number. Exact up to 2^53. Free of imports that a workflow may not load.
 */
export interface RecordVersion {
  readonly kind: VersionKind;
  readonly value: number;
  /** Of a watermark: a version as the source wrote it, where that was a text. Others are written to the source like it. */
  readonly form?: string;
  /** Of a watermark: the number counts these since 1970. */
  readonly epoch?: EpochUnit;
}

export type VersionKind = 'time' | 'number';

/** What whole numbers count that are times. Numbers without it only rise. */
export type EpochUnit = 'seconds' | 'ms';

const isoTime =
  /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?\s*(Z|[+-]\d{2}(?::?\d{2})?)?)?$/;

/** As JSON.stringify writes a Date, the most frequent form: read without taking it apart. */
const usualTime = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

/**
 * Reads a version field: a whole number, or an ISO 8601 time (RFC 3339, a space for the T allowed). A time without a
 * zone is taken as UTC; digits beyond the microsecond are cut. Undefined for anything else.
 */
export function parseVersion(value: Json | undefined): RecordVersion | undefined {
  if (typeof value === 'number') return Number.isSafeInteger(value) ? { kind: 'number', value } : undefined;
  if (typeof value !== 'string') return undefined;
  if (value.length === 24 && usualTime.test(value)) {
    const millis = Date.parse(value);
    return Number.isNaN(millis) ? undefined : { kind: 'time', value: millis * 1000 };
  }
  if (/^-?\d{1,15}$/.test(value)) return { kind: 'number', value: Number(value) };
  const match = isoTime.exec(value);
  if (!match) return undefined;
  const [, year, month, day, hour = '00', minute = '00', second = '00', fraction = '', zone = 'Z'] = match;
  const millis = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}${isoZone(zone)}`);
  if (Number.isNaN(millis)) return undefined;
  return { kind: 'time', value: millis * 1000 + Number(fraction.slice(0, 6).padEnd(6, '0')) };
}

function isoZone(zone: string): string {
  if (zone === 'Z') return zone;
  const digits = zone.slice(1).replace(':', '').padEnd(4, '0');
  return `${zone[0]}${digits.slice(0, 2)}:${digits.slice(2)}`;
}

/** Whether one lies after the other. Versions of different kinds do not compare. */
export const isAfter = (a: RecordVersion, b: RecordVersion): boolean => a.kind === b.kind && a.value > b.value;

/** What has to be sent again whatever it is at the source: the lowest version of it, and whether some has none. */
export interface SentAgain {
  readonly lowest: number | null;
  readonly unversioned: boolean;
}

/** From where on everything is read that is to be sent again; null: from the start. */
export function includingAgain(watermark: RecordVersion, again: SentAgain | null): RecordVersion | null {
  if (again === null) return watermark;
  if (again.unversioned || again.lowest === null) return null;
  return { ...watermark, value: Math.min(watermark.value, again.lowest) };
}
