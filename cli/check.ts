import process from 'node:process';
import { Command } from 'commander';
import { type ExitCode, exitCode } from '../model/failure/exit-code.ts';
import { deliveryPromise } from '../model/sync/delivery.ts';
import { counted } from '../model/text/counted.ts';
import { formatProblem, type Problem } from '../model/text/problem.ts';
import { check } from '../operations/check/check.ts';
import type { Live } from '../operations/live/facts.ts';
import type { Out } from '../platform/terminal/out.ts';
import { safeText } from '../platform/terminal/text.ts';
import { contextOf } from './context.ts';
import { exitOfLive } from './live/exit-of-live.ts';
import { printLive } from './live/print.ts';
import { inTerminalWords } from './live/words.ts';
import { looking } from './runs/running.ts';

export function checkCommand(): Command {
  return new Command('check')
    .summary('read the project and list what it has and what is wrong with it')
    .description(
      'Reads connections.yaml, mappings/ and syncs/, lists the systems and syncs with the promise of each delivery, ' +
        'and every problem at once. Changes nothing, and without --live contacts no system. Ends with 3 when there is an error.',
    )
    .option('--live', 'call each system too, and read the first page of each sync through its schema and mapping')
    .addHelpText(
      'after',
      `
Examples:
  syncline check
  syncline --project ../shop check
  SYNCLINE_ENV=production syncline check   with connections.production.yaml laid over connections.yaml
  syncline check --json | jq '.problems'
  syncline check --live                    what answers, with which limits, certificate and clock; writes nothing

With --live it ends with 5 when a system does not answer as it should, 6 when credentials are refused.`,
    )
    .action(async (options: { live?: boolean }, command: Command) => {
      const context = contextOf(command);
      const { live, ...checked } = await check.perform(looking(context), { live: options.live === true });
      const called = live && inTerminalWords(live);
      context.out.result({ ...checked, ...(called && { live: called }) }, () => {
        printCheck(context.out, checked);
        if (called) printLive(context.out, called);
      });
      process.exitCode = exitOf(checked, called);
    });
}

type Checked = Omit<Awaited<ReturnType<typeof check.perform>>, 'live'>;

function exitOf({ ok }: Checked, live: Live | undefined): ExitCode {
  if (!ok) return exitCode.invalid;
  return live === undefined ? exitCode.ok : exitOfLive(live);
}

function printCheck(out: Out, { connections, syncs, problems }: Checked): void {
  if (connections.length > 0) {
    const rows = connections.map(({ name, kind, owner = '' }) => [name, kind, owner]);
    out.table([{ title: 'SYSTEM', paint: out.style.name }, { title: 'KIND' }, { title: 'OWNER' }], rows);
    out.line();
  }
  if (syncs.length > 0) printSyncs(out, syncs);
  for (const problem of problems) printProblem(out, problem);
  out.line(verdict(out, syncs.length, problems));
}

function printSyncs(out: Out, syncs: Checked['syncs']): void {
  const rows = syncs.map(({ name, source, destination, mode, delivery }) => [
    name,
    `${source.connection} -> ${destination.connection}`,
    mode,
    delivery?.class ?? '?',
  ]);
  out.table(
    [{ title: 'SYNC', paint: out.style.name }, { title: 'FROM -> TO' }, { title: 'MODE' }, { title: 'DELIVERY' }],
    rows,
  );
  out.line();
  for (const delivery of [...new Set(syncs.map(({ delivery }) => delivery?.class))].sort())
    if (delivery) out.line(out.style.faint(`${delivery}: ${deliveryPromise[delivery]}`));
  out.line();
}

function printProblem(out: Out, problem: Problem): void {
  const isError = problem.severity === 'error';
  const word = isError ? out.style.bad('error  ') : out.style.doubtful('warning');
  out.line(`${word} ${safeText(formatProblem(problem))}`);
}

function verdict(out: Out, syncs: number, problems: readonly Problem[]): string {
  const errors = problems.filter(({ severity }) => severity === 'error').length;
  const warnings = problems.length - errors;
  const counts = `${counted(errors, 'error')}, ${counted(warnings, 'warning')}`;
  if (errors > 0) return out.style.bad(`${counts}.`);
  return out.style.good(`${counted(syncs, 'sync')} ready; ${counts}.`);
}
