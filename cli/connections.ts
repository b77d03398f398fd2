import { Command } from 'commander';
import type { Project } from '../model/sync/project.ts';
import { refuseUnknownConnection } from '../operations/known-names.ts';
import { engineKeys } from '../platform/crypto/engine-keys.ts';
import type { Ledger } from '../platform/ledger/ledger.ts';
import { released } from '../platform/outbound/limits/hold.ts';
import {
  type ConnectionReport,
  connectionWords,
  isWorthTelling,
  reportOf,
} from '../platform/outbound/limits/report.ts';
import { untouched } from '../platform/outbound/limits/state.ts';
import type { Out } from '../platform/terminal/out.ts';
import { safeText } from '../platform/terminal/text.ts';
import { checkProject } from '../project/load.ts';
import { contextOf } from './context.ts';
import { withEngine } from './runs/engine.ts';

export function connectionsCommand(): Command {
  return new Command('connections')
    .summary('see where each connection stands, and end a wait: list, release')
    .description(
      'What all workers know together of each connection: whether it is down and when it is tried next, what of its ' +
        'limits is used up and until when. Calls no system.',
    )
    .addCommand(listCommand(), { isDefault: true })
    .addCommand(releaseCommand())
    .addHelpText(
      'after',
      `
Examples:
  syncline connections                    where each stands
  syncline connections --json | jq '.connections[] | select(.breaker != "closed")'
  syncline connections release shop       try the system at once, whatever it asked for; the limits that you state hold`,
    );
}

const listCommand = (): Command =>
  new Command('list')
    .description('Lists the connections of the project.')
    .action(async (_options: unknown, command: Command) => {
      const context = contextOf(command);
      const { project } = await checkProject(context.projectFolder, context.env);
      const reports = await withEngine(context, ({ ledger }) => connectionReports(ledger, project));
      context.out.result({ connections: reports }, () => {
        if (reports.length === 0) return context.out.line('the project names no connection');
        const { out } = context;
        out.table(
          [{ title: 'CONNECTION', paint: out.style.name }, { title: 'BREAKER' }, { title: 'LIMITS AND WAITS' }],
          reports.map((report) => [report.connection, report.breaker, safeText(connectionWords(report))]),
        );
      });
    });

const releaseCommand = (): Command =>
  new Command('release')
    .description(
      'Forgets that the system asked for a pause, said that its calls are used up, or was down: the next call goes out at ' +
        'once. Limits that connections.yaml states are kept. Tokens whose key is lost are dropped too, so that the refresh token ' +
        'of a new consent is taken. A run that waits already is woken by `syncline retry SYNC`.',
    )
    .argument('<name>', 'a connection')
    .action(async (name: string, _options: unknown, command: Command) => {
      const context = contextOf(command);
      const { project } = await checkProject(context.projectFolder, context.env);
      refuseUnknownConnection(project, name);
      const keys = await engineKeys(context.env, context.projectFolder);
      const [wasWaiting, droppedTokens] = await withEngine(context, async ({ ledger }) => [
        await ledger.connections.change(name, released),
        await ledger.tokens.forget(name, (sealed) => !keys.knows(sealed)),
      ]);
      context.out.result({ connection: name, released: wasWaiting, droppedTokens }, () => {
        if (droppedTokens) context.out.line(`the tokens of ${name}, of which no key is at hand, were dropped`);
        context.out.line(wasWaiting ? `${name} is called again from now on` : `nothing held ${name} back`);
      });
    });

/** Every connection of the project, also those that were never called. */
export async function connectionReports(
  ledger: Pick<Ledger, 'connections' | 'certificates'>,
  project: Project | undefined,
): Promise<ConnectionReport[]> {
  const [known, certificates] = await Promise.all([ledger.connections.all(), ledger.certificates.all()]);
  return [...(project?.connections.values() ?? [])].map((connection) => {
    const { state, nowMs } = known.get(connection.name) ?? { state: untouched, nowMs: Date.now() };
    const certificate = certificates.find((seen) => seen.connection === connection.name);
    return reportOf(connection.name, state, connection, nowMs, certificate);
  });
}

/** The connections that a person should know of, a line each. */
export function printTroubles(out: Out, reports: readonly ConnectionReport[]): void {
  const troubles = reports.filter(isWorthTelling);
  if (troubles.length > 0) out.line();
  for (const report of troubles)
    out.line(`${out.style.name(report.connection)} ${out.style.doubtful(safeText(connectionWords(report)))}`);
}
