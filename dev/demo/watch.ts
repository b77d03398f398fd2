import { setTimeout as sleep } from 'node:timers/promises';
import type { Engine, RunProgress } from './engine.ts';
import { liveLines, number, rateMeter } from './live-lines.ts';
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

/** Starts a run and shows it until it has ended. */
export async function watchRun(options: WatchOptions): Promise<ToldRun> {
  const began = performance.now();
  const seconds = () => (performance.now() - began) / 1000;
  const { run, uiUrl, report } = await options.engine.start(options.sync);
  if (uiUrl !== null) options.screen.say(`  ${options.screen.style.faint(uiUrl)}`);
  const rate = rateMeter();
  let ended = false;
  const end = report.finally(() => {
    ended = true;
  });
  end.catch(() => {});
  while (!ended) {
    await Promise.race([end, sleep(pollMs)]);
    options.signal.throwIfAborted();
    await options.workers.refuseDead();
    const progress = await options.engine.progress(run);
    await options.onProgress?.(progress);
    const { screen } = options;
    const lines = liveLines(
      {
        progress,
        expected: Math.max(options.expected, progress.fetched),
        perSecond: rate(progress.counts.fetched, performance.now()),
        elapsedS: seconds(),
        worker: options.workers.current?.name ?? null,
      },
      screen.style,
    );
    screen.live(lines);
  }
  return conclude(options.screen, { ...(await report), seconds: Math.round(seconds() * 10) / 10, uiUrl });
}

function conclude(screen: Screen, told: ToldRun): ToldRun {
  screen.settle();
  const { fetched, delivered, unchanged, quarantined } = told.counts;
  const words = `read ${number(fetched)}, delivered ${number(delivered)}, unchanged ${number(unchanged)}, set aside ${number(quarantined)}`;
  screen.say(`  ${screen.style.good(`done in ${told.seconds} s`)}: ${words}`);
  screen.say();
  return told;
}
