import { availableParallelism } from 'node:os';
import { Command } from 'commander';
import { runProgram, say, someOf, someVices, wholeNumber } from '../command.ts';
import { type Vice, viceList, viceNames } from '../vices/vice.ts';
import { openDatabase } from './database.ts';
import { type Broken, simulatedClasses, type Tally } from './play.ts';
import { playInProcesses } from './players.ts';

interface Options {
  readonly seed: number;
  readonly schedules: number;
  readonly classes: readonly (typeof simulatedClasses)[number][];
  readonly vice: readonly Vice[];
  readonly processes: number;
  readonly shrink: boolean;
  readonly json: boolean;
}

const command = new Command('simulate')
  .description(
    'The simulation. Plays the steps of a sync on a real ledger under random schedules of crashes, frozen attempts, lost answers, half-done requests and cancelled runs, and checks every promise after each.',
  )
  .option('--seed <n>', 'repeats the schedules', wholeNumber, 1)
  .option('--schedules <n>', 'of each delivery class; stops sooner at the first breach', wholeNumber, 500)
  .option('--classes <list>', 'delivery classes, such as T1,T4', someOf(simulatedClasses), [...simulatedClasses])
  .option(
    '--vice <list>',
    'what ordinary faults the systems have: all, none, or some, such as late-commit,lost-tail',
    someVices,
    viceNames,
  )
  .option('--processes <n>', 'that play them between them', wholeNumber, availableParallelism())
  .option('--no-shrink', 'ends at a breach as it was drawn, instead of making its schedule as small as it gets')
  .option('--json', 'one JSON document on standard output, at the end', false)
  .addHelpText(
    'after',
    `
Vices:
${viceList()}

Examples:
  npm run simulate
  npm run simulate -- --vice lost-tail --classes T3
  npm run simulate -- --seed 7 --schedules 5000
  npm run simulate -- --seed 7 --schedules 5000 --classes T4 --processes 1
  npm run simulate -- --no-shrink --json > report.json

Exit codes: 0 every promise held, 1 a promise was broken, 2 wrong usage.
Uses a database of its own on the server that DATABASE_URL names; without it, it starts the embedded PostgreSQL.`,
  )
  .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2));

const SAY_EVERY_MS = 10_000;

async function main(): Promise<number> {
  const { processes, json, vice, ...options } = command.parse().opts<Options>();
  say(
    `seed ${options.seed}, ${options.schedules} schedules of each class, classes ${options.classes.join(' ')}, ${processes} processes`,
  );
  const database = await openDatabase(process.env);
  try {
    const startedMs = performance.now();
    const minutes = () => (performance.now() - startedMs) / 60_000;
    let saidMs = startedMs;
    const input = { ...options, vices: [...vice], classes: [...options.classes], databaseUrl: database.url };
    const { tally, broken } = await playInProcesses(processes, input, (soFar) => {
      if (performance.now() - saidMs < SAY_EVERY_MS) return;
      saidMs = performance.now();
      say(tallyLine(soFar, minutes()));
    });
    const perMinute = Math.round(tally.schedules / minutes());
    say(tallyLine(tally, minutes()));
    for (const one of broken) say(brokenText(one, options.seed));
    if (json) process.stdout.write(`${JSON.stringify({ seed: options.seed, ...tally, perMinute, broken })}\n`);
    return broken.length === 0 ? 0 : 1;
  } finally {
    await database.close();
  }
}

const tallyLine = ({ schedules, faults }: Tally, minutes: number): string =>
  `${schedules} schedules, ${Math.round(schedules / minutes)} a minute, ${faults} faults`;

/** With what repeats it. */
function brokenText({ promise, words, schedule }: Broken, seed: number): string {
  const lines = words.map((line) => `BREACH ${line}`);
  return [...lines, `class ${promise}, seed ${seed}:`, JSON.stringify(schedule, null, 1)].join('\n');
}

runProgram(main);
