import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { classes } from './project.ts';
import { type RoundReport, Yard } from './yard.ts';

/**
 * `npm run torture -- --seed N --rounds R [--json] [--classes t1,t4] [--keep]`: breaks everything for R rounds and
 * checks every promise after each. Exits 1 on any breach. The seed repeats what is drawn, not how processes are timed.
 */
async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      seed: { type: 'string', default: '1' },
      rounds: { type: 'string', default: '5' },
      json: { type: 'boolean', default: false },
      classes: { type: 'string', default: classes.join(',') },
      keep: { type: 'boolean', default: false },
    },
  });
  const seed = Number(values.seed);
  const chosen = classes.filter((name) => values.classes.split(',').includes(name));
  const folder = await mkdtemp(path.join(tmpdir(), 'syncline-torture-'));
  const say = (line: string) => process.stderr.write(`${line}\n`);
  say(`seed ${seed}, ${values.rounds} rounds, classes ${chosen.join(' ')}`);
  const reports: RoundReport[] = [];
  const yard = await Yard.open(folder, seed, chosen, process.env);
  try {
    for (let round = 1; round <= Number(values.rounds); round++) {
      const report = await yard.round(round);
      reports.push(report);
      say(line(report));
      if (report.breaches.length > 0) break;
    }
  } finally {
    await yard.close();
  }
  const broken = reports.flatMap((report) => report.breaches);
  if (values.json) process.stdout.write(`${JSON.stringify({ seed, rounds: reports, breaches: broken })}\n`);
  say(summary(reports));
  if (broken.length > 0 || values.keep) say(`what it left: ${folder}`);
  else await rm(folder, { recursive: true, force: true });
  return broken.length === 0 ? 0 : 1;
}

const total = (faults: Readonly<Record<string, number>>): number =>
  Object.values(faults).reduce((sum, n) => sum + n, 0);

const line = ({ round, faults, moved, ends, recoveryMs, breaches }: RoundReport): string =>
  [
    `round ${round}: ${total(faults)} faults, ${moved} records moved, whole again after ${(recoveryMs / 1000).toFixed(1)} s`,
    `  runs: ${Object.entries(ends)
      .map(([end, n]) => `${n} ${end}`)
      .join(', ')}`,
    ...breaches.map((words) => `  BREACH ${words}`),
  ].join('\n');

function summary(reports: readonly RoundReport[]): string {
  const faults: Record<string, number> = {};
  for (const report of reports)
    for (const [what, count] of Object.entries(report.faults)) faults[what] = (faults[what] ?? 0) + count;
  const recovery = reports.map(({ recoveryMs }) => recoveryMs).sort((a, b) => a - b);
  const moved = reports.reduce((sum, report) => sum + report.moved, 0);
  const breaches = reports.reduce((sum, report) => sum + report.breaches.length, 0);
  return [
    `${reports.length} rounds, ${total(faults)} faults, ${moved} records moved, ${breaches} breaches`,
    `recovery: half within ${seconds(recovery[Math.floor(recovery.length / 2)])}, at most ${seconds(recovery.at(-1))}`,
    ...Object.entries(faults)
      .sort(([a], [b]) => a.localeCompare(b))
      .map(([what, count]) => `  ${String(count).padStart(5)} ${what}`),
  ].join('\n');
}

const seconds = (ms = 0): string => `${(ms / 1000).toFixed(1)} s`;

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
    process.exit(1);
  },
);
