import { Command } from 'commander';
import { listConnections, releaseConnection } from '../operations/connections.ts';
import { type ConnectionReport, connectionWords, isWorthTelling } from '../platform/outbound/limits/report.ts';
import type { Out } from '../platform/terminal/out.ts';
import { safeText } from '../platform/terminal/text.ts';
import { contextOf } from './context.ts';
import { asking } from './runs/engine.ts';

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
      const document = await asking(context, (request) => listConnections.perform(request, {}));
      context.out.result(document, () => printConnections(context.out, document.connections));
    });

const releaseCommand = (): Command =>
  new Command('release')
    .description(
      'Forgets that the system asked for a pause, said that its calls are used up, or was down: the next call goes out at ' +
        'once. Limits that connections.yaml states are kept. Tokens whose key is lost are dropped too, so that the refresh token ' +
        'of a new consent is taken. A run that waits already is woken by `syncline retry SYNC`.',
    )
    .argument('<name>', 'a connection')
    .action(async (connection: string, _options: unknown, command: Command) => {
      const context = contextOf(command);
      const document = await asking(context, (request) => releaseConnection.perform(request, { connection }));
      context.out.result(document, () => {
        if (document.droppedTokens)
          context.out.line(`the tokens of ${connection}, of which no key is at hand, were dropped`);
        context.out.line(
          document.released ? `${connection} is called again from now on` : `nothing held ${connection} back`,
        );
      });
    });

function printConnections(out: Out, reports: readonly ConnectionReport[]): void {
  if (reports.length === 0) out.line('the project names no connection');
  else
    out.table(
      [{ title: 'CONNECTION', paint: out.style.name }, { title: 'BREAKER' }, { title: 'LIMITS AND WAITS' }],
      reports.map((report) => [report.connection, report.breaker, safeText(connectionWords(report))]),
    );
}

/** The connections that a person should know of, a line each. */
export function printTroubles(out: Out, reports: readonly ConnectionReport[]): void {
  const troubles = reports.filter(isWorthTelling);
  if (troubles.length > 0) out.line();
  for (const report of troubles)
    out.line(`${out.style.name(report.connection)} ${out.style.doubtful(safeText(connectionWords(report)))}`);
}
