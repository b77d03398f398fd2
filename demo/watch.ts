import { setTimeout as sleep } from 'node:timers/promises';
import { rateMeter } from '../platform/foundation/rate-meter.ts';
import type { Engine, RunProgress } from './engine.ts';
import { liveLines, number } from './live-lines.ts';
import type { ToldRun } from './report.ts';
import type { Screen } from './screen.ts';
import type { Workers } from './workers.ts';

export interface WatchOptions {
  readonly engine: Engine;
  readonly workers: Workers;
  readonly screen: Screen;
  readonly signal: AbortSignal;
  readonly sync: string;
  /** Records the run will read, as far as is known. */
  readonly expected: number;
  readonly onProgress?: (progress: RunProgress) => Promise<void>;
}

const pollMs = 150;

/** When nothing has moved for this long, something is wrong that the demo cannot mend. */
const stallMs = 60_000;

/** Starts a run and shows it until it has ended. */
export async function watchRun(options: WatchOptions): Promise<ToldRun> {
  const began = performance.now();
  const seconds = () => (performance.now() - began) / 1000;
  const { run, uiUrl, report } = await options.engine.start(options.sync);
  const rate = rateMeter();
  const refuseStall = stallGuard(options.workers);
  for (;;) {
    const ended = await report();
    options.signal.throwIfAborted();
    options.workers.refuseDead();
    const progress = await options.engine.progress(run);
    refuseStall(progress.fetched + progress.counts.fetched);
    await options.onProgress?.(progress);
    if (ended) return conclude(options.screen, { ...ended, seconds: Math.round(seconds() * 10) / 10, uiUrl });
    const moment = {
      progress,
      expected: Math.max(options.expected, progress.fetched),
      perSecond: rate(progress.counts.fetched, performance.now()),
      elapsedS: seconds(),
      ...options.workers.now(progress.counts.fetched),
    };
    options.screen.live(liveLines(moment, options.screen.style));
    await sleep(pollMs);
  }
}

function conclude(screen: Screen, told: ToldRun): ToldRun {
  screen.settle();
  const { fetched, delivered, unchanged, quarantined } = told.counts;
  const words = `read ${number(fetched)}, delivered ${number(delivered)}, unchanged ${number(unchanged)}, quarantined ${number(quarantined)}`;
  screen.say(`  ${screen.style.good(`done in ${told.seconds} s`)}: ${words}`);
  screen.say();
  return told;
}

function stallGuard(workers: Workers): (moved: number) => void {
  let last = -1;
  let movedAtMs = performance.now();
  return (moved) => {
    if (moved !== last) movedAtMs = performance.now();
    last = moved;
    if (performance.now() - movedAtMs < stallMs) return;
    const where = workers.current ? `; see ${workers.current.logFile}` : '';
    throw new Error(`nothing has moved for ${stallMs / 1000} seconds${where}`);
  };
}
