import type { Json } from './json.ts';

/**
 * The version of a record as a number that rises: microseconds since 1970 for a time, the number itself for a whole
 * number. Exact up to 2^53. Free of imports that a workflow may not load.
 */
export interface RecordVersion {
  readonly kind: 'time' | 'number';
  readonly value: number;
}

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

/** The later of two; versions of different kinds do not compare, so the second stands. */
export function laterVersion(a: RecordVersion | null, b: RecordVersion | null): RecordVersion | null {
  if (a === null || b === null) return a ?? b;
  return a.kind === b.kind && a.value > b.value ? a : b;
}

/** What has to be sent again whatever it is at the source: the lowest version of it, and whether some has none. */
export interface SentAgain {
  readonly lowest: number | null;
  readonly unversioned: boolean;
}

/** From where on everything is read that is to be sent again; null: from the start. */
export function includingAgain(watermark: RecordVersion | null, again: SentAgain | null): RecordVersion | null {
  if (watermark === null || again === null) return watermark;
  if (again.unversioned || again.lowest === null) return null;
  return { kind: watermark.kind, value: Math.min(watermark.value, again.lowest) };
}

/**
 * Where an incremental read begins: the watermark less the overlap, as the source expects it (ISO 8601 in UTC for a
 * time). The overlap re-reads what was committed late; the ledger recognises it as unchanged.
 */
export function sinceWatermark(watermark: RecordVersion | null, overlapMs: number): string | number | null {
  if (watermark === null) return null;
  if (watermark.kind === 'number') return watermark.value;
  const micros = watermark.value - overlapMs * 1000;
  const millis = Math.floor(micros / 1000);
  const rest = micros - millis * 1000;
  const iso = new Date(millis).toISOString();
  return rest === 0 ? iso : iso.replace('Z', `${String(rest).padStart(3, '0')}Z`);
}
