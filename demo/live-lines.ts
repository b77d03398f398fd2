import { progressBar } from '../platform/foundation/progress.ts';
import type { Style } from '../platform/terminal/style.ts';
import type { RunProgress } from './engine.ts';
import type { LiveLine } from './screen.ts';

export interface Moment {
  readonly progress: RunProgress;
  /** Records the run will read, as far as is known. */
  readonly expected: number;
  readonly perSecond: number;
  readonly elapsedS: number;
  /** What the worker does, in words. */
  readonly worker: string;
  /** Nothing moves, and the words say why. */
  readonly waiting: boolean;
}

export const number = (value: number): string => Math.round(value).toLocaleString('en');

/** What the run does at this moment, in two lines that fit 80 columns. The first says enough by itself. */
export function liveLines({ progress, expected, perSecond, elapsedS, ...now }: Moment, style: Style): LiveLine[] {
  const { counts, fetched } = progress;
  return [
    {
      text: `  ${progressBar(counts.fetched, expected)}  ${number(counts.fetched)} of ${number(expected)} orders  ${now.worker}`,
      paint: now.waiting ? style.doubtful : style.strong,
    },
    {
      text: `  read ${number(fetched)} | delivered ${number(counts.delivered)} | quarantined ${number(counts.quarantined)} | ${number(perSecond)} orders/s | ${elapsedS.toFixed(0)} s`,
      paint: style.faint,
    },
  ];
}
