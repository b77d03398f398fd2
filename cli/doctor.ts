import process from 'node:process';
import { Command } from 'commander';
import { type ExitCode, exitCode } from '../model/failure/exit-code.ts';
import { NAMESPACE } from '../model/names.ts';
import { stateFolderOf } from '../platform/foundation/state-folder.ts';
import type { Out } from '../platform/terminal/out.ts';
import { readRunningDev } from '../stack/dev-file.ts';
import { type CliContext, contextOf } from './context.ts';
import { checkDatabaseServer, checkEmbeddedDatabase } from './doctor/database.ts';
import type { Finding } from './doctor/finding.ts';
import { checkLimits } from './doctor/limits.ts';
import { checkDisk, checkNode, checkPorts } from './doctor/machine.ts';
import { checkProjectFolder } from './doctor/project.ts';
import { checkTemporalBinary, checkTemporalServer } from './doctor/temporal.ts';

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
      process.exitCode = await doctor(contextOf(command));
    });
}

async function doctor(context: CliContext): Promise<ExitCode> {
  const { findings, invalid } = await context.progress.step('Looking', () => examine(context));
  const code = exitOf(findings, invalid);
  context.out.result({ ok: code === exitCode.ok, project: context.projectFolder, findings }, () =>
    print(context.out, findings),
  );
  return code;
}

interface Examination {
  readonly findings: readonly Finding[];
  readonly invalid: boolean;
}

async function examine({ projectFolder, env }: CliContext): Promise<Examination> {
  const dev = await readRunningDev(stateFolderOf(projectFolder));
  const named = env['TEMPORAL_ADDRESS'];
  const temporal = named
    ? {
        temporalAddress: named,
        namespace: env['TEMPORAL_NAMESPACE'] || NAMESPACE,
        uiUrl: env['TEMPORAL_UI_URL'] || null,
      }
    : dev;
  const database = env['DATABASE_URL'] || dev?.databaseUrl;
  const [disk, ports, temporals, postgres, project, limits] = await Promise.all([
    checkDisk(projectFolder),
    dev === null ? checkPorts() : null,
    temporal === null ? checkTemporalBinary(env) : checkTemporalServer(temporal, env),
    database ? checkDatabaseServer(database) : checkEmbeddedDatabase(projectFolder, env),
    checkProjectFolder(projectFolder, env, database ?? null),
    database ? checkLimits(database, projectFolder, env) : [],
  ]);
  const machine = [checkNode(process.versions.node), disk, ...(ports === null ? [] : [ports])];
  return { findings: [...machine, ...temporals, postgres, ...project.findings, ...limits], invalid: project.invalid };
}

/** What cannot be reached comes first: with it mended, `check` says the rest. */
function exitOf(findings: readonly Finding[], invalid: boolean): ExitCode {
  const broken = findings.some(({ part, state }) => state === 'failed' && part !== 'Project');
  if (broken) return exitCode.unreachable;
  return invalid ? exitCode.invalid : exitCode.ok;
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
