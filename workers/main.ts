import { parseArgs } from 'node:util';
import { exitCode } from '../model/failure/exit-code.ts';
import { exitCodeOf, isSyncFailure } from '../model/failure/failure.ts';
import { readSettings, type Settings } from '../platform/foundation/config.ts';
import { serveHealth } from '../platform/foundation/health-server.ts';
import { createLog } from '../platform/foundation/log.ts';
import { connectTemporal, registerSearchAttributes } from '../platform/temporal/connection.ts';
import { startWorker } from './start.ts';

/**
 * The worker as a process: wire, run, drain. SIGTERM or Ctrl-C drains; a second one ends it at once.
 * With `--watch-parent` it drains when its standard input closes, that is when whoever started it is gone.
 */
async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { project: { type: 'string' }, 'watch-parent': { type: 'boolean', default: false } },
  });
  const env = values.project === undefined ? process.env : { ...process.env, SYNCLINE_PROJECT: values.project };
  const settings = readSettings(env);
  const log = createLog(settings.logLevel);
  await register(settings);
  const worker = await startWorker(settings, env, log);
  const health = settings.healthAddress === null ? null : await serveHealth(settings.healthAddress, worker.ready);
  let asked = 0;
  const stop = (reason: string) => {
    asked++;
    if (asked > 1) process.exit(130);
    log.info({ reason, graceSeconds: settings.graceSeconds }, 'draining');
    worker.drain();
  };
  process.on('SIGTERM', () => stop('SIGTERM'));
  process.on('SIGINT', () => stop('SIGINT'));
  if (values['watch-parent'])
    process.stdin
      .resume()
      .on('end', () => stop('parent gone'))
      .on('error', () => stop('parent gone'));
  const { taskQueue, projectFolder: project, build } = settings;
  log.info({ taskQueue, project, build: build?.id, health: health?.port, pid: process.pid }, 'worker ready');
  await worker.done;
  await health?.close();
  log.info({}, 'worker stopped');
  process.exit(0);
}

/** A workflow that sets an attribute which the server does not know would fail for ever. */
async function register(settings: Settings): Promise<void> {
  const temporal = await connectTemporal(settings.temporalAddress, settings.namespace);
  try {
    await registerSearchAttributes(temporal);
  } finally {
    await temporal.close();
  }
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(isSyncFailure(error) ? exitCodeOf(error.code) : exitCode.unreachable);
});
