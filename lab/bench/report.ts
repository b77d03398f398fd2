import type { CaseName, Measured } from './rounds.ts';

/** What one case came to: of each figure the median of its rounds. */
export interface CaseResult {
  readonly name: string;
  /** Of records a second, the sync's to the limit's; for a second full run, to the limit's full load. */
  readonly ratio: number;
  readonly recordsPerSecond: number;
  readonly limitRecordsPerSecond: number;
  readonly wallS: number;
  readonly limitWallS: number;
  readonly peakRssMiB: number;
  /** All figures of the median round. */
  readonly round: Measured;
}

/** The round whose sync took the median time stands for the case; the ratio is the median of the ratios. */
export function resultOf(name: CaseName, rounds: readonly Measured[]): CaseResult | undefined {
  const sorted = rounds.toSorted((a, b) => a.sync.seconds - b.sync.seconds);
  const middle = sorted[Math.floor((sorted.length - 1) / 2)];
  if (middle === undefined) return undefined;
  const rate = (fetched: number, seconds: number) => Math.round(fetched / seconds);
  return {
    name,
    ratio: Number(median(rounds.map(ratioOf)).toFixed(2)),
    recordsPerSecond: rate(middle.sync.counts?.fetched ?? 0, middle.sync.seconds),
    limitRecordsPerSecond: Math.round(median(rounds.map(({ limit }) => limit.fetched / limit.seconds))),
    wallS: Number(middle.sync.seconds.toFixed(2)),
    limitWallS: Number(median(rounds.map(({ limit }) => limit.seconds)).toFixed(2)),
    peakRssMiB: Math.max(...rounds.map(({ sync }) => sync.processes['worker']?.peakMiB ?? 0)),
    round: middle,
  };
}

/** An incremental run reads other records than the limit does, which knows exactly what changed: there the times count. */
const ratioOf = ({ case: name, limit, sync }: Measured): number =>
  name.startsWith('incremental')
    ? limit.seconds / sync.seconds
    : (sync.counts?.fetched ?? 0) / sync.seconds / (limit.fetched / limit.seconds);

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  return sorted.length % 2 === 1
    ? (sorted[Math.floor(middle)] ?? 0)
    : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2;
}

/** The table and, for each case, where its time went: Markdown. */
export function reportOf(results: readonly CaseResult[]): string {
  const rows = results.map(({ name, ratio, recordsPerSecond, limitRecordsPerSecond, wallS, limitWallS, peakRssMiB }) =>
    [name, ratio, recordsPerSecond, limitRecordsPerSecond, wallS, limitWallS, peakRssMiB].join(' | '),
  );
  const table = [
    '| case | ratio | records/s | limit, records/s | wall, s | limit, s | worker peak, MiB |',
    '|---|---|---|---|---|---|---|',
    ...rows.map((row) => `| ${row} |`),
  ];
  return [...table, ...results.flatMap(detailsOf)].join('\n');
}

function detailsOf({ name, round: { limit, sync } }: CaseResult): string[] {
  const fetched = sync.counts?.fetched || 1;
  const used = Object.entries(sync.processes).map(
    ([part, { cpuS, peakMiB }]) =>
      `${part} ${cpuS.toFixed(2)} s (${((cpuS * 1e6) / fetched).toFixed(1)} µs a record, ${peakMiB} MiB)`,
  );
  const stages = Object.entries(sync.stages).map(
    ([step, { times, waitMs, workMs }]) => `${step} ${times} × ${(workMs / times).toFixed(0)} ms, waited ${waitMs} ms`,
  );
  const delay = sync.loopDelayMs;
  return [
    '',
    `**${name}**: ${JSON.stringify(sync.counts)}, ${sync.status}, read back ${JSON.stringify(sync.reconciled)}`,
    `- processor time: ${used.join(' · ')} · limit program ${limit.cpuS.toFixed(2)} s (${limit.peakMiB} MiB)`,
    `- steps: ${stages.join(' · ')}`,
    `- Temporal: ${sync.events} events, ${sync.actions} actions; event loop late by ${delay?.p99 ?? '?'} ms (p99), ${delay?.max ?? '?'} ms at the most; PostgreSQL wrote ${(sync.walBytes / fetched).toFixed(0)} bytes a record`,
  ];
}
