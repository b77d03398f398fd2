/** No server is waited for longer than this, whatever it asks. */
export const MAX_RETRY_AFTER_MS = 60 * 60 * 1000;

/**
 * How long an answer asks to wait (RFC 9110, 10.2.3): whole seconds or an HTTP date. A date is measured against the
 * server's own `Date` where there is one, so that a wrong clock on either side does no harm.
 * Undefined when absent or senseless; at most an hour.
 */
export function retryAfterMs(headers: Readonly<Record<string, string>>, nowMs: number): number | undefined {
  const text = headers['retry-after']?.trim();
  if (text === undefined) return undefined;
  const askedMs = /^\d+(\.\d+)?$/.test(text) ? Number(text) * 1000 : untilDateMs(text, headers['date'], nowMs);
  return askedMs === undefined ? undefined : Math.min(MAX_RETRY_AFTER_MS, Math.max(0, Math.ceil(askedMs)));
}

function untilDateMs(text: string, serverDate: string | undefined, nowMs: number): number | undefined {
  const until = httpDateMs(text);
  return until === undefined ? undefined : until - (httpDateMs(serverDate ?? '') ?? nowMs);
}

/** Date.parse reads far more than HTTP dates; `-1` would be a year. */
export function httpDateMs(text: string): number | undefined {
  const ms = /^[A-Z][a-z]{2,8},? /.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(ms) ? undefined : ms;
}
