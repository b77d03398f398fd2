import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Command } from 'commander';
import { runProgram, say, someOf, someVices, wholeNumber } from '../command.ts';
import { viceNames } from '../vices/vice.ts';
import { Chaos, type ChaosOptions } from './chaos.ts';
import { classes } from './chaos-class.ts';
import { type RoundReport, roundLine, summaryOf, summaryText } from './report.ts';

interface Options extends ChaosOptions {
  readonly rounds: number;
  readonly json: boolean;
  readonly keep: boolean;
}

const command = new Command('torture')
  .description(
    'The breaking yard. Breaks workers, Temporal, PostgreSQL, connections and both systems while syncs run, and checks every promise after each round.',
  )
  .option('--seed <n>', 'repeats what is drawn, not how the machine times processes', wholeNumber, 1)
  .option('--rounds <n>', 'stops sooner at the first breach', wholeNumber, 5)
  .option('--classes <list>', 'delivery classes, such as t1,t4', someOf(classes), classes)
  .option(
    '--vice <list>',
    'what ordinary faults the systems of some syncs have: all, none, or some; see `npm run simulate -- --help`',
    someVices,
    viceNames,
  )
  .option('--patient', 'holds nothing to a time: for a machine that others keep busy', false)
  .option('--json', 'one JSON document on standard output, at the end', false)
  .option('--keep', 'leaves data and logs in a folder that is named at the end; after a breach they stay anyway', false)
  .addHelpText(
    'after',
    `
Examples:
  npm run torture -- --seed 1 --rounds 20
  npm run torture -- --seed 7 --rounds 200 --json > report.json
  npm run torture -- --classes t4 --rounds 5 --keep

Exit codes: 0 every promise held, 1 a promise was broken or a round proved nothing, 2 wrong usage.
Needs Go, once, to build toxiproxy.`,
  )
  .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2));

async function main(): Promise<number> {
  const options = command.parse().opts<Options>();
  const folder = await mkdtemp(path.join(tmpdir(), 'syncline-torture-'));
  say(`seed ${options.seed}, ${options.rounds} rounds, classes ${options.classes.join(' ')}`);
  const { rounds, left } = await play(folder, options);
  const summary = summaryOf(rounds);
  const breaches = [...rounds.flatMap((report) => report.breaches), ...left];
  if (options.json) process.stdout.write(`${JSON.stringify({ seed: options.seed, summary, rounds, breaches })}\n`);
  say(summaryText(summary));
  for (const words of left) say(`  BREACH ${words}`);
  if (breaches.length > 0 || options.keep) say(`what it left: ${folder}`);
  else await rm(folder, { recursive: true, force: true });
  return breaches.length === 0 ? 0 : 1;
}

interface PlayedRounds {
  readonly rounds: readonly RoundReport[];
  /** What was not whole again when the vices had ended, after the last round. */
  readonly left: readonly string[];
}

/** Plays round after round, up to the first breach. */
async function play(folder: string, options: Options): Promise<PlayedRounds> {
  const rounds: RoundReport[] = [];
  const chaos = await Chaos.open(folder, options, process.env);
  try {
    for (let round = 1; round <= options.rounds; round++) {
      const report = await chaos.round(round);
      rounds.push(report);
      say(roundLine(report));
      if (report.breaches.length > 0) return { rounds, left: [] };
    }
    return { rounds, left: await chaos.finish() };
  } finally {
    await chaos.close();
  }
}

runProgram(main);
