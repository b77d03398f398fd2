import type { Vice } from './vice.ts';

type Stamp = string | number;

/** How a source writes the time of a change, and which changes it gives when it is asked for those since another. */
export interface StampForm {
  /** Milliseconds since 1970 as the source writes them. */
  readonly write: (ms: number) => Stamp;
  /** Whether a record of this stamp is given. What is no stamp of this form always is. */
  readonly gives: (at: Stamp, since: string) => boolean;
  /** In which order records are listed: what is no stamp comes last. */
  readonly order: (at: Stamp) => number;
}

interface Parts {
  readonly write: StampForm['write'];
  /** As a number to compare by; NaN for what is no stamp of this form. */
  readonly read: (at: Stamp) => number;
  readonly includes: (at: number, since: number) => boolean;
}

const iso = (ms: number): string => new Date(ms).toISOString();
const second = (ms: number): number => Math.floor(ms / 1000);
const ZONE_MS = 2 * 3_600_000;

function timeOf(at: Stamp, zoneMs = 0): number {
  if (typeof at === 'number') return Number.NaN;
  if (/(Z|[+-]\d\d:?\d\d)$/.test(at)) return Date.parse(at);
  return Date.parse(`${at.replace(' ', 'T')}Z`) - zoneMs;
}

function formOf(parts: Partial<Parts>): StampForm {
  const { write = iso, read = timeOf, includes = (at: number, since: number) => at >= since } = parts;
  return {
    write,
    gives: (at, since) => Number.isNaN(read(at)) || includes(read(at), read(since)),
    order: (at) => (Number.isNaN(read(at)) ? Number.MAX_SAFE_INTEGER : read(at)),
  };
}

const usual = formOf({});
const inText = formOf({ write: (ms) => iso(ms).slice(0, 19).replace('T', ' ') });

const forms: ReadonlyMap<Vice, StampForm> = new Map([
  ['exclusive-filter', formOf({ includes: (at, since) => at > since })],
  ['second-filter', formOf({ includes: (at, since) => second(at) > second(since) })],
  ['text-filter', { ...inText, gives: (at, since) => String(at) >= since }],
  ['zone-filter', formOf({ write: (ms) => iso(ms + ZONE_MS).slice(0, 19), read: (at) => timeOf(at, ZONE_MS) })],
  ['epoch-filter', formOf({ write: second, read: (at) => (/^\d+$/.test(String(at)) ? Number(at) : Number.NaN) })],
]);

/** Of the first vice that has one. */
export const stampFormOf = (vices: ReadonlySet<Vice>): StampForm =>
  [...vices].flatMap((vice) => forms.get(vice) ?? [])[0] ?? usual;

/** Whether the source filters in a way of its own. */
export const isFiltering = (vices: ReadonlySet<Vice>): boolean => [...vices].some((vice) => forms.has(vice));
