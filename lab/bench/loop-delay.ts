import { writeFileSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';

/**
 * Loaded into the worker of the benchmark: measures how late its event loop is. On SIGUSR2 it writes what it has seen
 * since the last time to the file that BENCH_LOOP_DELAY names, in milliseconds.
 */
const file = process.env['BENCH_LOOP_DELAY'];
if (file !== undefined) {
  const seen = monitorEventLoopDelay({ resolution: 5 });
  seen.enable();
  process.on('SIGUSR2', () => {
    const ms = (ns: number) => Math.round(ns / 1e5) / 10;
    writeFileSync(
      file,
      JSON.stringify({ p50: ms(seen.percentile(50)), p99: ms(seen.percentile(99)), max: ms(seen.max) }),
    );
    seen.reset();
  });
}
