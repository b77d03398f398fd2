import type { Played } from './played.ts';
import type { Kind } from './schedule.ts';

export interface RoundReport extends Omit<Played, 'ends'> {
  readonly round: number;
  /** How often it was drawn until it proved something, from 1. */
  readonly draw: number;
  readonly kind: Kind;
  readonly lastedMs: number;
  /** What happened, and how often. What begins with `link` was done to a link, whether or not it met traffic. */
  readonly faults: Readonly<Record<string, number>>;
  /** Effects at all destinations. */
  readonly moved: number;
  /** How the runs under fault ended. */
  readonly endings: Readonly<Record<string, number>>;
  readonly breaches: readonly string[];
}

/** Times of a kind of recovery over all rounds, in milliseconds. */
export interface Times {
  readonly median: number;
  readonly most: number;
}

export interface Summary {
  readonly rounds: number;
  /** Rounds whose first draw had broken or moved too little. */
  readonly drawnAgain: number;
  readonly lastedMs: number;
  readonly moved: number;
  readonly fired: number;
  readonly faults: Readonly<Record<string, number>>;
  readonly recovery: Times;
  /** In rounds with nothing but `kill -9`: how long a sync did nothing. */
  readonly afterKill: Times;
  readonly pagesAgainAfterKill: number;
  readonly batchesInDoubt: number;
  readonly breaches: number;
}

export function summaryOf(rounds: readonly RoundReport[]): Summary {
  const faults: Record<string, number> = {};
  for (const round of rounds)
    for (const [what, count] of Object.entries(round.faults)) faults[what] = (faults[what] ?? 0) + count;
  const plain = rounds.filter(({ kind, kills }) => kind === 'plain kill' && kills > 0);
  return {
    rounds: rounds.length,
    drawnAgain: rounds.filter(({ draw }) => draw > 1).length,
    lastedMs: sum(rounds.map(({ lastedMs }) => lastedMs)),
    moved: sum(rounds.map(({ moved }) => moved)),
    fired: sum(Object.values(faults)),
    faults,
    recovery: timesOf(rounds.map(({ recoveryMs }) => recoveryMs)),
    afterKill: timesOf(plain.map(({ silenceMs }) => silenceMs)),
    pagesAgainAfterKill: Math.max(0, ...plain.map(({ pagesAgain }) => pagesAgain)),
    batchesInDoubt: Math.max(0, ...rounds.map(({ batchesInDoubt }) => batchesInDoubt)),
    breaches: sum(rounds.map(({ breaches }) => breaches.length)),
  };
}

const sum = (numbers: readonly number[]): number => numbers.reduce((all, one) => all + one, 0);

function timesOf(times: readonly number[]): Times {
  const sorted = [...times].sort((a, b) => a - b);
  return { median: sorted[Math.floor(sorted.length / 2)] ?? 0, most: sorted.at(-1) ?? 0 };
}

/** One round, for people who watch. */
export const roundLine = (report: RoundReport): string =>
  [
    `round ${report.round} (${report.kind}, ${seconds(report.lastedMs)}${report.draw > 1 ? `, draw ${report.draw}` : ''}): ${sum(Object.values(report.faults))} faults, ` +
      `${report.moved} records moved, whole again after ${seconds(report.recoveryMs)}; runs: ${listed(report.endings)}`,
    ...report.breaches.map((words) => `  BREACH ${words}`),
  ].join('\n');

/** All rounds, for people. */
export const summaryText = (summary: Summary): string =>
  [
    `${summary.rounds} rounds in ${seconds(summary.lastedMs)}: ${summary.fired} faults, ${summary.moved} records moved, ${summary.breaches} breaches; ` +
      `${summary.drawnAgain} rounds drawn again, as too little broke`,
    `whole again: half within ${seconds(summary.recovery.median)}, at most ${seconds(summary.recovery.most)}`,
    `after nothing but kill -9: going on half within ${seconds(summary.afterKill.median)}, at most ${seconds(summary.afterKill.most)}; ` +
      `at most ${summary.pagesAgainAfterKill} pages read again by an attempt; at most ${summary.batchesInDoubt} batches of a sync in doubt`,
    ...Object.entries(summary.faults)
      .sort(([a], [b]) => a.localeCompare(b))
      .map(([what, count]) => `  ${String(count).padStart(5)} ${what}`),
  ].join('\n');

const listed = (counts: Readonly<Record<string, number>>): string =>
  Object.entries(counts)
    .map(([what, count]) => `${count} ${what}`)
    .join(', ');

const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;
