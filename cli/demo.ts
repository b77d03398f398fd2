import { relative } from 'node:path';
import process from 'node:process';
import { Command, InvalidArgumentError } from 'commander';
import type { DemoReport } from '../demo/report.ts';
import { createScreen } from '../demo/screen.ts';
import { type Stage, tellDemo } from '../demo/story.ts';
import { printSummary } from '../demo/summary.ts';
import { type ExitCode, exitCode } from '../model/failure/exit-code.ts';
import { interrupted } from '../operations/interrupted.ts';
import type { Out } from '../platform/terminal/out.ts';
import { type CliContext, contextOf } from './context.ts';

interface DemoFlags {
  readonly orders: number;
  readonly keep?: boolean;
}

const defaultOrders = 20_000;
const fewestOrders = 2_000;
const mostOrders = 1_000_000;

export function demoCommand(): Command {
  return new Command('demo')
    .summary('see a sync survive the death of its worker, in about a minute')
    .description(
      'Starts Temporal, PostgreSQL, a shop and an accounting system, syncs 20,000 orders, loses an answer and kills the worker on the way, ' +
        'changes 1 % in the shop, syncs again, and lets a checker compare both systems. Needs nothing, leaves nothing. ' +
        'Ends with 1 when anything is lost or doubled.',
    )
    .option('--orders <number>', 'how many orders the shop has', ordersOf, defaultOrders)
    .option('--keep', 'leave everything open at the end, to look around, until Ctrl-C')
    .addHelpText(
      'after',
      `
Examples:
  syncline demo
  syncline demo --keep     the Temporal UI and both systems stay open until Ctrl-C
  syncline demo --json     for programs: one document with the counts of both runs and the checker's verdict`,
    )
    .action(async (flags: DemoFlags, command: Command) => {
      process.exitCode = await demo(contextOf(command), flags);
    });
}

function ordersOf(text: string): number {
  const orders = /^\d{1,7}$/.test(text) ? Number(text) : Number.NaN;
  if (!(orders >= fewestOrders && orders <= mostOrders))
    throw new InvalidArgumentError(`expected a whole number from ${fewestOrders} to ${mostOrders}`);
  return orders;
}

async function demo(context: CliContext, flags: DemoFlags): Promise<ExitCode> {
  const { out, progress, env, projectFolder, json } = context;
  const screen = createScreen(json ? process.stderr : process.stdout, out.style);
  const signal = interrupted(context, 'the demo was ended early');
  const report = await tellDemo({
    projectFolder,
    orders: flags.orders,
    env,
    screen,
    progress,
    signal,
    present: async (found, stage) => {
      out.result(found, () => printEnd(context, found, stage, flags.keep === true));
      if (flags.keep === true) await keepOpen(signal);
    },
  });
  return report.ok ? exitCode.ok : exitCode.failed;
}

function printEnd({ out }: CliContext, report: DemoReport, stage: Stage, kept: boolean): void {
  printSummary(out, report);
  out.line();
  const [first] = report.runs;
  if (first?.uiUrl) out.line(`${out.style.strong('Run')}      ${out.style.name(first.uiUrl)}`);
  const page = relative(process.cwd(), report.mappingPage);
  out.line(`${out.style.strong('Mapping')}  ${out.style.name(page)}`);
  out.line();
  if (kept) printOpen(out, stage);
  else printNext(out);
}

function printOpen(out: Out, { shop, books }: Stage): void {
  for (const [name, { url, token }] of Object.entries({ shop, books }))
    out.line(`${out.style.strong(name.padEnd(8))} ${out.style.name(url)}  token ${token}`);
  out.line();
  out.line(out.style.strong('All of it stays open until Ctrl-C.'));
}

function printNext(out: Out): void {
  out.line(out.style.strong('Try next'));
  const next = (what: string, words: string) => out.line(`  ${out.style.name(what.padEnd(23))} ${words}`);
  next('npm run demo -- --keep', 'everything stays open, the Temporal UI too');
  next('docs/first-sync.md', 'a sync of your own in ten minutes');
}

/** Resolves at Ctrl-C: that is how a kept demo ends well. */
function keepOpen(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}
