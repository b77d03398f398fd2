import { existsSync } from 'node:fs';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import { exitCode } from '../model/failure/exit-code.ts';
import { withoutPassword } from '../stack/database-problem.ts';
import { type RunningStack, startDev } from '../stack/dev.ts';
import { type CliContext, contextOf } from './context.ts';

export function devCommand(): Command {
  return new Command('dev')
    .summary('run Temporal with its UI, PostgreSQL and the worker until Ctrl-C')
    .description(
      'Runs everything that syncs need until Ctrl-C: a real Temporal server with its UI, a real PostgreSQL and the ' +
        'worker. Their data stays in .syncline/ of the project. The other commands of the project use them meanwhile. ' +
        'TEMPORAL_ADDRESS and DATABASE_URL name servers of your own instead.',
    )
    .addHelpText(
      'after',
      `
Examples:
  syncline dev
  syncline --project ../shop dev
  DATABASE_URL=postgresql://me@db/ledger syncline dev   with a PostgreSQL of your own

Ends with 0 after Ctrl-C, 7 when a dev of this project runs already, 5 when a part cannot be started.`,
    )
    .action(async (_options: unknown, command: Command) => {
      process.exitCode = await dev(contextOf(command));
    });
}

/** A start that is interrupted gets this long to end what it has begun. */
const interruptedLimitMs = 10_000;

async function dev(context: CliContext): Promise<number> {
  const signals = listenForSignals(context);
  const starting = startDev({ ...context, workerEntry: workerEntry() });
  const first = await Promise.race([starting, signals.first.then(() => null)]);
  if (first === null) {
    // What the start has begun is ended by its guard, even when it does not get there in time.
    await Promise.race([starting.then((stack) => stack.stop()).catch(() => {}), sleep(interruptedLimitMs)]);
    return exitCode.ok;
  }
  context.out.result(documentOf(first), () => say(context, first));
  const failure = await Promise.race([first.failed, signals.first.then(() => null)]);
  await context.progress.step('Stopping', () => first.stop());
  if (failure !== null) throw failure;
  context.progress.note('Stopped.');
  return exitCode.ok;
}

/** The first signal asks everything to end; a second one does not wait for it. */
function listenForSignals({ progress }: CliContext): { readonly first: Promise<void> } {
  let asked = 0;
  const first = new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      process.on(signal, () => {
        asked++;
        if (asked > 1) process.exit(exitCode.interrupted);
        progress.note('Stopping. Ctrl-C again to stop at once.');
        resolve();
      });
    }
  });
  return { first };
}

/** Compiled, it lies beside cli/; from the sources of a test, in dist/. */
function workerEntry(): string {
  const [beside, compiled] = ['../workers/main.js', '../dist/workers/main.js'].map((file) =>
    fileURLToPath(new URL(file, import.meta.url)),
  );
  return beside !== undefined && existsSync(beside) ? beside : (compiled ?? '');
}

/** What `dev --json` prints once everything is up. The password of the database stays in .syncline/dev.json. */
const documentOf = (stack: RunningStack): object => ({
  ready: true,
  pid: process.pid,
  temporal: { address: stack.temporalAddress, namespace: stack.namespace, ui: stack.uiUrl },
  database: withoutPassword(stack.databaseUrl),
  worker: stack.workerPid,
});

function say({ out, projectFolder }: CliContext, stack: RunningStack): void {
  out.line(`Syncline is up for ${projectFolder}`);
  out.line();
  out.line(`  Temporal UI  ${stack.uiUrl ?? 'not known (TEMPORAL_UI_URL names it)'}`);
  out.line(`  Temporal     ${stack.temporalAddress}, namespace ${stack.namespace}`);
  out.line(`  Database     ${withoutPassword(stack.databaseUrl)}`);
  out.line(`  Worker       ${stack.workerPid === null ? 'is not up yet: see its log' : `process ${stack.workerPid}`}`);
  out.line('  Logs         .syncline/temporal, .syncline/postgres, .syncline/worker');
  out.line();
  out.line('Next, in another terminal: `syncline check`, then `syncline run SYNC --wait`. Ctrl-C stops everything.');
}
