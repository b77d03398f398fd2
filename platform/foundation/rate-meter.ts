const windowMs = 3000;

/** Records a second over the last three seconds. The clock is the caller's. */
export function rateMeter(): (done: number, nowMs: number) => number {
  let samples: { done: number; atMs: number }[] = [];
  return (done, nowMs) => {
    samples = [...samples.filter(({ atMs }) => atMs >= nowMs - windowMs), { done, atMs: nowMs }];
    const [first] = samples;
    return first === undefined || first.atMs === nowMs ? 0 : ((done - first.done) / (nowMs - first.atMs)) * 1000;
  };
}
