/**
 * A token bucket: `perSecond` calls on average, as many at once. `take` answers 0 when the call may go,
 * else the milliseconds until the next one may.
 */
export function tokenBucket(perSecond: number): (nowMs: number) => number {
  let tokens = perSecond;
  let lastMs: number | undefined;
  return (nowMs) => {
    tokens = Math.min(perSecond, tokens + ((nowMs - (lastMs ?? nowMs)) / 1000) * perSecond);
    lastMs = nowMs;
    if (tokens < 1) return ((1 - tokens) / perSecond) * 1000;
    tokens -= 1;
    return 0;
  };
}
