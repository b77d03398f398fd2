import { DAY_MS } from '../../../model/text/duration.ts';
import type { Heard } from '../limits/announced.ts';
import { httpDateMs, MAX_RETRY_AFTER_MS } from './retry-after.ts';

/** A quota of a day, with an hour for a clock that is set otherwise. A later reset is no time that one can wait for. */
const LONGEST_MS = 25 * 3_600_000;

type Headers = Readonly<Record<string, string>>;

/**
 * What an answer says of the limits of its system: the `RateLimit` and `RateLimit-Policy` fields of
 * draft-ietf-httpapi-ratelimit-headers (all drafts), `X-RateLimit-*` and `X-Rate-Limit-*` with their variants for a
 * second, minute, hour or day, and HubSpot's. Nonsense is left out. `nowMs` is milliseconds since 1970.
 */
export function limitsHeard(headers: Headers, nowMs: number): readonly Heard[] {
  if (!Object.keys(headers).some(tellsOfLimits)) return [];
  const serverNowMs = httpDateMs(headers['date'] ?? '') ?? nowMs;
  const structured = structuredLimits(headers);
  const all = structured.length > 0 ? structured : [...plainLimits(headers, serverNowMs), ...hubspot(headers)];
  return all
    .filter(({ left, resetInMs }) => Number.isFinite(left) && left >= 0 && Number.isFinite(resetInMs) && resetInMs > 0)
    .map((heard) => ({ ...heard, resetInMs: heard.resetInMs > LONGEST_MS ? MAX_RETRY_AFTER_MS : heard.resetInMs }));
}

/** All names of such headers have this in them; most answers have none, and every answer is looked at. */
const tellsOfLimits = (name: string): boolean => name.includes('ratelimit') || name.includes('rate-limit');

/** `RateLimit: "default";r=50;t=30` with `RateLimit-Policy: "default";q=100;w=60`. */
function structuredLimits(headers: Headers): Heard[] {
  const policies = new Map(
    listed(headers['ratelimit-policy']).map(({ name, parameters }) => [name, parameters] as const),
  );
  const limits = listed(headers['ratelimit']).filter(({ parameters }) => parameters.has('r'));
  return limits.map(({ name, parameters }) => {
    const policy = policies.get(name);
    const windowMs = number(policy?.get('w'));
    return {
      name,
      left: Number(parameters.get('r')),
      units: number(policy?.get('q')) ?? null,
      resetInMs: Number(parameters.get('t') ?? policy?.get('w')) * 1000,
      ...(windowMs === undefined ? {} : { windowMs: windowMs * 1000 }),
    };
  });
}

interface Item {
  readonly name: string;
  readonly parameters: ReadonlyMap<string, string>;
}

/** A list of RFC 9651 as far as these fields use it. */
const listed = (text: string | undefined): Item[] =>
  (text ?? '').split(',').flatMap((item) => {
    const [head = '', ...parameters] = item.split(';').map((part) => part.trim());
    const name = head.replace(/^"|"$/g, '');
    if (name === '' || name.length > 64) return [];
    return [{ name, parameters: new Map(parameters.map(pair)) }];
  });

const pair = (text: string): readonly [string, string] => {
  const [name = '', value = ''] = text.split('=', 2);
  return [name.trim(), value.trim()];
};

const windows: Readonly<Record<string, number>> = { second: 1_000, minute: 60_000, hour: 3_600_000, day: DAY_MS };
const prefixes = ['ratelimit', 'x-ratelimit', 'x-rate-limit'];

/** A limit in headers of its own: `X-RateLimit-Limit`, `-Remaining`, `-Reset`; of drafts before 8 in one `RateLimit`. */
function plainLimits(headers: Headers, nowMs: number): Heard[] {
  const inOne = new Map((headers['ratelimit'] ?? '').split(',').map(pair));
  const policy = listed(headers['ratelimit-policy'] ?? headers['ratelimit-limit']?.split(',').slice(1).join(','));
  const statedMs = number(policy[0]?.parameters.get('w'));
  const named = (prefix: string, what: string, kind: string): string | undefined =>
    (kind === '' ? undefined : headers[`${prefix}-${what}-${kind}`]) ??
    (kind === '' ? headers[`${prefix}-${what}`] : undefined);
  const kinds = ['', 'requests', ...Object.keys(windows)];
  return prefixes.flatMap((prefix) =>
    kinds.flatMap((kind) => {
      const isIetf = prefix === 'ratelimit' && kind === '';
      const left = number(named(prefix, 'remaining', kind) ?? (isIetf ? inOne.get('remaining') : undefined));
      if (left === undefined) return [];
      const windowMs = windows[kind] ?? (isIetf && statedMs !== undefined ? statedMs * 1000 : undefined);
      const resetText =
        named(prefix, 'reset', kind) ??
        headers[`${prefix}-reset-after`] ??
        (isIetf ? inOne.get('reset') : headers[`${prefix}-reset`]);
      const resetInMs = resetText === undefined ? restOf(windowMs, nowMs) : untilReset(resetText, nowMs);
      if (resetInMs === undefined) return [];
      const units = number((named(prefix, 'limit', kind) ?? (isIetf ? inOne.get('limit') : '') ?? '').split(',')[0]);
      const name = kind === '' ? 'default' : kind;
      return [{ name, left, units: units ?? null, resetInMs, ...(windowMs === undefined ? {} : { windowMs }) }];
    }),
  );
}

function hubspot(headers: Headers): Heard[] {
  const left = number(headers['x-hubspot-ratelimit-remaining']);
  const windowMs = number(headers['x-hubspot-ratelimit-interval-milliseconds']);
  if (left === undefined || windowMs === undefined) return [];
  const units = number(headers['x-hubspot-ratelimit-max']) ?? null;
  return [{ name: 'interval', left, units, resetInMs: windowMs, windowMs }];
}

/** Whoever counts by calendar windows fills up at the end of the present one. */
const restOf = (windowMs: number | undefined, nowMs: number): number | undefined =>
  windowMs === undefined ? undefined : windowMs - (nowMs % windowMs);

const number = (text: string | undefined): number | undefined =>
  text !== undefined && /^\d+(\.\d+)?$/.test(text.trim()) ? Number(text) : undefined;

/** A reset as seconds from now, seconds or milliseconds since 1970, a date, or `6m0s`. */
function untilReset(text: string, nowMs: number): number | undefined {
  const value = number(text);
  if (value !== undefined) return value > 1e12 ? value - nowMs : value > 1e9 ? value * 1000 - nowMs : value * 1000;
  const date = httpDateMs(text) ?? (/^\d{4}-\d\d-\d\dT/.test(text) ? Date.parse(text) : Number.NaN);
  if (!Number.isNaN(date)) return date - nowMs;
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(ms|[smhd])/g)];
  if (parts.length === 0) return undefined;
  return parts.reduce((sum, [, amount, unit]) => sum + Number(amount) * (unitMs[unit ?? ''] ?? 0), 0);
}

const unitMs: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: DAY_MS };
