import type { CallLimits, Connection } from '../../../model/connection/connection.ts';
import { DAY_MS } from '../../../model/text/duration.ts';
import { stillTold } from './announced.ts';
import { reasonOf } from './breaker.ts';
import { DEFAULT_RESERVE, dayQuota, effective, minuteQuota } from './lease.ts';
import { type Quota, roomAtMs, runsOutAtMs, type Spent, spentNow } from './quota.ts';
import type { ConnectionState } from './state.ts';

/** Where a connection stands, for screens and `--json`. Times are ISO 8601. */
export interface ConnectionReport {
  readonly connection: string;
  readonly breaker: 'closed' | 'open' | 'half-open';
  /** While it is not closed: since when it is down, with what, and when it is tried next. */
  readonly down: { readonly since: string; readonly code: string; readonly nextTry: string } | null;
  /** The system asked for no calls until then. */
  readonly held: { readonly until: string; readonly code: string } | null;
  /** Calls a second that are kept to; null where no limit is known. */
  readonly perSecond: number | null;
  readonly quotas: readonly QuotaReport[];
  /** The first certificate of the system to end; null where none was seen. */
  readonly certificate: { readonly host: string; readonly validTo: string; readonly daysLeft: number } | null;
  /** What the system last said of its limits. */
  readonly told: readonly {
    readonly name: string;
    readonly left: number;
    readonly units: number | null;
    readonly resets: string;
  }[];
}

export interface QuotaReport {
  readonly window: 'minute' | 'day';
  readonly spent: number;
  readonly units: number;
  /** When it is used up if calls go on as of late; null when it is not. */
  readonly runsOut: string | null;
  /** Of one that is used up, but for its reserve: when a call may go out again. */
  readonly returns: string | null;
}

/** Pure. `connection` is absent where the project no longer names it. */
export function reportOf(
  name: string,
  state: ConnectionState,
  connection: Pick<Connection, 'limits'> | undefined,
  nowMs: number,
  certificate?: { readonly host: string; readonly validTo: string },
): ConnectionReport {
  const limits = connection?.limits ?? {};
  const { breaker, held } = state;
  const isDown = breaker.phase !== 'closed';
  return {
    connection: name,
    breaker: breaker.phase,
    down: isDown
      ? {
          since: instant(breaker.downSinceMs),
          code: reasonOf(breaker),
          nextTry: instant(Math.max(nowMs, breaker.retryAtMs)),
        }
      : null,
    held: held !== null && held.untilMs > nowMs ? { until: instant(held.untilMs), code: held.code } : null,
    perSecond: rounded(effective(state, limits, nowMs).perSecond),
    quotas: [
      ...quotaOf('minute', minuteQuota(limits), state.minute, limits, nowMs),
      ...quotaOf('day', dayQuota(limits), state.day, limits, nowMs),
    ],
    certificate:
      certificate === undefined
        ? null
        : {
            host: certificate.host,
            validTo: certificate.validTo,
            daysLeft: Math.floor((Date.parse(certificate.validTo) - nowMs) / DAY_MS),
          },
    told: Object.entries(stillTold(state.told, nowMs)).map(([limit, { left, units, resetMs }]) => ({
      name: limit,
      left: Math.max(0, left),
      units,
      resets: instant(resetMs),
    })),
  };
}

function quotaOf(
  window: QuotaReport['window'],
  quota: Quota | undefined,
  spent: Spent,
  { costPerCall = 1, reserve = DEFAULT_RESERVE }: CallLimits,
  nowMs: number,
): QuotaReport[] {
  if (quota === undefined) return [];
  const returnsMs = roomAtMs(quota, spent, costPerCall, Math.floor(quota.units * reserve), nowMs);
  const runsOutMs = runsOutAtMs(quota, spent, nowMs);
  return [
    {
      window,
      spent: Math.max(0, spentNow(quota, spent, nowMs)),
      units: quota.units,
      runsOut: runsOutMs === undefined ? null : instant(runsOutMs),
      returns: returnsMs > nowMs ? instant(returnsMs) : null,
    },
  ];
}

/** One line for people: what is not as it should be, or how much is used. */
export function connectionWords(report: ConnectionReport): string {
  const { down, held, quotas, told, perSecond, breaker, certificate } = report;
  const parts = [
    down &&
      `${breaker === 'open' ? 'down' : 'being tried'} since ${down.since} (${down.code}), next try ${down.nextTry}`,
    held && `asked for a pause until ${held.until}`,
    ...quotas.map(({ window, spent, units, runsOut, returns }) => {
      const used = `${spent.toLocaleString('en')} of ${units.toLocaleString('en')} calls a ${window}`;
      if (returns !== null) return `${used}, used up until ${returns}`;
      return window === 'day' && runsOut !== null ? `${used}, used up at ${runsOut} if it goes on so` : used;
    }),
    ...told.map(({ name, left, units, resets }) => {
      const of = units === null ? '' : ` of ${units.toLocaleString('en')}`;
      return `${left.toLocaleString('en')}${of} left by its own word (${name}), full at ${resets}`;
    }),
    certificate !== null &&
      certificate.daysLeft < SOON_DAYS &&
      `the certificate of ${certificate.host} ends in ${certificate.daysLeft} days (${certificate.validTo})`,
    perSecond !== null && `${perSecond} calls a second`,
  ];
  return parts.filter((part) => typeof part === 'string').join('; ');
}

/** A certificate that ends within this should be renewed. */
export const SOON_DAYS = 30;

/** Whether a person should know of it before asking. */
export const isWorthTelling = ({ breaker, held, quotas, certificate }: ConnectionReport): boolean =>
  breaker !== 'closed' ||
  held !== null ||
  (certificate !== null && certificate.daysLeft < SOON_DAYS) ||
  quotas.some(({ window, runsOut, returns }) => window === 'day' && (runsOut ?? returns) !== null);

/** A moment as messages and screens name it: ISO 8601, to the second. */
export const instant = (ms: number): string => new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z');
const rounded = (value: number | undefined): number | null =>
  value === undefined ? null : Math.round(value * 10) / 10;
