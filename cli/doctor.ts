import process from 'node:process';
import { Command } from 'commander';
import { type ExitCode, exitCode } from '../model/failure/exit-code.ts';
import { terminalText } from '../model/operation/terminal-words.ts';
import { doctor } from '../operations/doctor/doctor.ts';
import type { Finding } from '../operations/doctor/finding.ts';
import type { Out } from '../platform/terminal/out.ts';
import { contextOf } from './context.ts';
import { machineOf } from './doctor/machine-of.ts';
import { looking } from './runs/running.ts';

export function doctorCommand(): Command {
  return new Command('doctor')
    .summary('say what works, what does not, and what to do')
    .description(
      'Looks at every part that the engine needs (Node.js, Temporal and its UI, PostgreSQL, worker, disk, ports), at ' +
        'the files of the project; calls each system that it names, and reads the first page of each sync through its ' +
        'schema and mapping. Changes nothing.',
    )
    .addHelpText(
      'after',
      `
Examples:
  syncline doctor
  syncline doctor --json | jq '.findings[] | select(.state == "failed")'

Ends with 0 when nothing has failed, 5 when a part or a system does not work, 3 when only the project has errors.`,
    )
    .action(async (_options: unknown, command: Command) => {
      const context = contextOf(command);
      const request = { ...looking(context), machine: machineOf(context) };
      const { ok, project, findings } = await doctor.perform(request, {});
      const said = findings.map(inTerminalWords);
      context.out.result({ ok, project, findings: said }, () => print(context.out, said));
      process.exitCode = exitOf(findings);
    });
}

/** A finding as the terminal says it. */
const inTerminalWords = ({ about, todo, ...rest }: Finding): Finding => ({
  ...rest,
  ...(todo !== undefined && { todo: terminalText(todo, about) }),
});

/** What cannot be reached comes first: with it mended, `check` says the rest. */
function exitOf(findings: readonly Finding[]): ExitCode {
  const broken = findings.filter(({ state }) => state === 'failed');
  if (broken.some(({ part }) => part !== 'Project')) return exitCode.unreachable;
  return broken.length > 0 ? exitCode.invalid : exitCode.ok;
}

const words = { ok: 'ok', warning: 'warning', failed: 'FAILED', skipped: '-' } as const;

function print(out: Out, findings: readonly Finding[]): void {
  const paint = { ok: out.style.good, warning: out.style.doubtful, failed: out.style.bad, skipped: out.style.faint };
  const width = Math.max(...findings.map(({ part }) => part.length));
  for (const { part, state, found, todo } of findings) {
    const [first = '', ...more] = found.split('\n');
    out.line(`${paint[state](words[state].padEnd(8))}${part.padEnd(width)}  ${first}`);
    for (const line of more) out.line(`${' '.repeat(10 + width)}${line}`);
    if (todo !== undefined) out.line(`${' '.repeat(10 + width)}${out.style.name(todo)}`);
  }
  const failures = findings.filter(({ state }) => state === 'failed').length;
  out.line();
  out.line(failures === 0 ? 'Everything that was looked at works.' : `${failures} of ${findings.length} do not work.`);
}
