import { arch, availableParallelism, cpus, totalmem } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { type CaseResult, reportOf } from './report.ts';

export interface PageFacts {
  readonly records: number;
  readonly rounds: number;
  readonly latencyMs: number;
  readonly journal: boolean;
  /** Of PostgreSQL, such as `18.4`. */
  readonly postgres: string;
  /** Cores that other work used, before anything was started. */
  readonly coresUsedBefore: number;
  readonly results: readonly CaseResult[];
  readonly ledgerBytesPerRecord: number;
  readonly stagedRows: number;
}

/** Cores that are in use, over two seconds: the load average would still tell of what ended minutes ago. */
export async function coresInUse(): Promise<number> {
  const ticks = () =>
    cpus().map(({ times }) => ({ idle: times.idle, all: Object.values(times).reduce((a, b) => a + b) }));
  const before = ticks();
  await sleep(2_000);
  return ticks().reduce((sum, now, core) => {
    const then = before[core] ?? now;
    return sum + (now.all === then.all ? 0 : 1 - (now.idle - then.idle) / (now.all - then.all));
  }, 0);
}

/** The page of results: what was measured on what, the table, and where the time went. */
export function pageOf(facts: PageFacts): string {
  const { records, rounds, latencyMs, results, coresUsedBefore } = facts;
  const cores = availableParallelism();
  const settings = [
    `--records ${records}`,
    `--rounds ${rounds}`,
    ...(latencyMs === 0 ? [] : [`--latency-ms ${latencyMs}`]),
    ...(facts.journal ? [] : ['--no-journal']),
  ].join(' ');
  const memory = Math.round(totalmem() / 2 ** 30);
  const busy =
    coresUsedBefore < 0.3
      ? 'Nothing else ran on the machine.'
      : `**The machine was busy with other work** (${coresUsedBefore.toFixed(1)} of ${cores} cores before the start): both sides are slower than alone.`;
  return `# Results of the benchmark

\`npm run bench -- ${settings}\`, ${new Date().toISOString().slice(0, 10)}: Node ${process.versions.node}, PostgreSQL ${facts.postgres}, Temporal's
development server; all on ${cores} cores (${arch()}, ${cpus()[0]?.model.trim() ?? 'unknown'}) and ${memory} GB of one machine, over loopback. ${busy}

${records.toLocaleString('en')} orders of about 600 bytes, nested, one in a hundred invalid. On one side \`lab/bench/limit\`, a program written by hand that fetches, checks,
maps and writes the same, and promises nothing: no ledger, no retry, no journal. On the other a sync as users run it: ledger,
staging, intents, journal of calls and read-back on, one worker. They run in turn, ${rounds === 1 ? 'once' : `${rounds} times; each figure is of the median`}.
The ratio is what counts, as both sides are slower on a slower machine.

A program without a ledger cannot know that nothing has changed: the limit of a second full run is its full load. It is told
exactly what to ask for in the incremental cases, which are compared by their time. \`bench/\` has the rest: charts by
\`node dist-lab/lab/bench/scale.js\`, many idle schedules by \`node dist-lab/lab/bench/idle.js\`, the first start by \`--case first-start\`.

${reportOf(results)}

Ledger: ${facts.ledgerBytesPerRecord} bytes a record on disk; staged after the runs: ${facts.stagedRows} pages.
`;
}
