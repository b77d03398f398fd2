import type { RecordVersion } from '../record/version.ts';

const timeForm = /^\d{4}-\d\d-\d\d(?:([T ])\d\d:\d\d(:\d\d)?(?:\.(\d{1,9}))?(\s*)(Z|[+-]\d\d(?::?\d\d)?)?)?$/;

/** 0000-01-02, in microseconds: what lies before has no year of four digits in every offset. */
const EARLIEST = -62_167_132_800_000_000;

/**
 * A version as its source writes it, so that a filter that compares texts compares like with like: with the separator,
 * the digits and the offset of `form`. A time of which the form leaves something out is rounded down to what it can say.
 * Without a form: ISO 8601 in UTC for a time, a number for a number.
 */
export function writtenVersion({ kind, value, form }: RecordVersion): string | number {
  if (kind === 'time') return writtenTime(Math.max(value, EARLIEST), form);
  if (form === undefined) return value;
  return form.startsWith('0') && value >= 0 ? String(value).padStart(form.length, '0') : String(value);
}

function writtenTime(micros: number, form: string | undefined): string {
  const match = form === undefined ? null : timeForm.exec(form);
  if (match === null) return inUtc(micros);
  const [, separator, seconds, fraction = '', space = '', zone = ''] = match;
  const { day, minute, second, rest } = partsOf(micros + offsetOf(zone));
  if (separator === undefined) return day;
  const digits = fraction === '' ? '' : `.${rest.slice(0, fraction.length).padEnd(fraction.length, '0')}`;
  return `${day}${separator}${minute}${seconds === undefined ? '' : `:${second}${digits}`}${space}${zone}`;
}

/** With milliseconds, and with microseconds where there are any. */
function inUtc(micros: number): string {
  const { day, minute, second, rest } = partsOf(micros);
  return `${day}T${minute}:${second}.${rest.endsWith('000') ? rest.slice(0, 3) : rest}Z`;
}

function partsOf(micros: number): { day: string; minute: string; second: string; rest: string } {
  const millis = Math.floor(micros / 1000);
  const iso = new Date(millis).toISOString();
  const rest = iso.slice(20, 23) + String(micros - millis * 1000).padStart(3, '0');
  return { day: iso.slice(0, 10), minute: iso.slice(11, 16), second: iso.slice(17, 19), rest };
}

/** Microseconds that a clock with this offset is ahead of UTC. */
function offsetOf(zone: string): number {
  const [, sign, hours = '0', minutes = '0'] = /^([+-])(\d\d):?(\d\d)?$/.exec(zone) ?? [];
  const ahead = (Number(hours) * 60 + Number(minutes)) * 60_000_000;
  return sign === '-' ? -ahead : ahead;
}
