import process from 'node:process';
import { Command } from 'commander';
import type { Connection } from '../model/connection/connection.ts';
import { type ExitCode, exitCode } from '../model/failure/exit-code.ts';
import { deliveryPromise } from '../model/sync/delivery.ts';
import type { LoadedSync } from '../model/sync/project.ts';
import { formatProblem, hasErrors, type Problem } from '../model/text/problem.ts';
import type { Live } from '../operations/live/facts.ts';
import { callProject } from '../operations/live/probe.ts';
import { statesOf } from '../platform/secrets/references.ts';
import type { Out } from '../platform/terminal/out.ts';
import { counted, safeText } from '../platform/terminal/text.ts';
import { deliveryClassOf } from '../project/delivery.ts';
import { type CheckedProject, checkProject } from '../project/load.ts';
import { type CliContext, contextOf } from './context.ts';
import { exitOfLive } from './live/judge.ts';
import { printLive } from './live/print.ts';
import { inTerminalWords } from './live/words.ts';

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
      const checked = await checkProject(context.projectFolder, context.env);
      const live = options.live === true ? await callLive(context, checked) : undefined;
      const document = await checkDocument(context, checked);
      context.out.result({ ...document, ...(live && { live }) }, () => {
        printCheck(context, checked);
        if (live) printLive(context.out, live);
      });
      process.exitCode = exitOf(checked, live);
    });
}

/** Nobody is called on behalf of files that are wrong. */
async function callLive(
  { progress, env }: CliContext,
  { project, problems }: CheckedProject,
): Promise<Live | undefined> {
  if (project === undefined || hasErrors(problems)) return undefined;
  return progress.step('Calling each system', async () => inTerminalWords(await callProject(project, env)));
}

function exitOf({ problems }: CheckedProject, live: Live | undefined): ExitCode {
  if (hasErrors(problems)) return exitCode.invalid;
  return live === undefined ? exitCode.ok : exitOfLive(live);
}

/** What `check --json` prints. */
async function checkDocument(
  { projectFolder, env }: CliContext,
  { project, problems }: CheckedProject,
): Promise<object> {
  const secretsOf = (connection: Connection) => statesOf(connection, { env, projectFolder }, false);
  return {
    project: projectFolder,
    environment: env['SYNCLINE_ENV'] ?? null,
    ok: !hasErrors(problems),
    connections: await Promise.all(
      [...(project?.connections.values() ?? [])].map(async (connection) => {
        const { name, kind, owner, sla, documentation, apiVersion } = connection;
        return { name, kind, owner, sla, documentation, apiVersion, secrets: await secretsOf(connection) };
      }),
    ),
    syncs: [...(project?.syncs.values() ?? [])].map((loaded) => ({
      name: loaded.name,
      file: loaded.file,
      summary: loaded.sync.summary,
      source: { connection: loaded.sourceConnection.name, kind: loaded.sourceConnection.kind },
      destination: { connection: loaded.destinationConnection.name, kind: loaded.destinationConnection.kind },
      mode: loaded.mode,
      delivery: deliveryOf(loaded),
      version: loaded.version,
    })),
    problems,
  };
}

function deliveryOf(loaded: LoadedSync): object | null {
  const delivery = deliveryClassOf(loaded);
  return delivery === undefined ? null : { class: delivery, promise: deliveryPromise[delivery] };
}

function printCheck({ out }: CliContext, { project, problems }: CheckedProject): void {
  if (project && project.connections.size > 0) {
    const rows = [...project.connections.values()].map((system) => [system.name, system.kind, system.owner ?? '']);
    out.table([{ title: 'SYSTEM', paint: out.style.name }, { title: 'KIND' }, { title: 'OWNER' }], rows);
    out.line();
  }
  if (project && project.syncs.size > 0) printSyncs(out, [...project.syncs.values()]);
  for (const problem of problems) printProblem(out, problem);
  out.line(verdict(out, project?.syncs.size ?? 0, problems));
}

function printSyncs(out: Out, syncs: readonly LoadedSync[]): void {
  const deliveries = syncs.map(deliveryClassOf);
  const rows = syncs.map((loaded, index) => [
    loaded.name,
    `${loaded.sourceConnection.name} -> ${loaded.destinationConnection.name}`,
    loaded.mode,
    deliveries[index] ?? '?',
  ]);
  out.table(
    [{ title: 'SYNC', paint: out.style.name }, { title: 'FROM -> TO' }, { title: 'MODE' }, { title: 'DELIVERY' }],
    rows,
  );
  out.line();
  for (const delivery of [...new Set(deliveries)].sort())
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
