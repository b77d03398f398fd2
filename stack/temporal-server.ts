import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { SyncFailure } from '../model/failure/failure.ts';
import { NAMESPACE, searchAttribute } from '../model/names.ts';
import type { Progress } from '../platform/foundation/progress.ts';
import { connectTemporal, registerSearchAttributes } from '../platform/temporal/connection.ts';
import type { Guard } from './guard.ts';
import { anyFreePort, choosePort } from './ports.ts';
import { lastLines, logFileName, type ServerProcess, startServer, stopOrphan } from './server-process.ts';
import type { TemporalBinary } from './temporal-binary.ts';

export interface TemporalServer {
  readonly address: string;
  readonly uiUrl: string | null;
  readonly server: ServerProcess;
}

export interface TemporalServerOptions {
  /** Keeps the store, the log and the pid. */
  readonly folder: string;
  readonly binary: TemporalBinary;
  readonly env: NodeJS.ProcessEnv;
  readonly guard: Guard;
  readonly progress: Progress;
  /** Default false: the UI runs. */
  readonly headless?: boolean;
  /** Default: 7233 and 8233 when they are free. */
  readonly ports?: 'usual' | 'any';
}

const usualPort = 7233;
const usualUiPort = 8233;
const stopSignal = 'SIGTERM';
const graceMs = 15_000;
const startLimitMs = 60_000;
const settleMs = 300;
/** Garbage is collected half as often as Go does by itself, which took 12 % of the server's processor time under load. */
const GOGC = '200';

/** Starts the Temporal development server on a file store and waits until it serves. Throws STACK_FAILED. */
export async function startTemporal(options: TemporalServerOptions): Promise<TemporalServer> {
  await mkdir(options.folder, { recursive: true, mode: 0o700 });
  await stopOrphan(options.folder, stopSignal, graceMs);
  // Between the choice of a port and its use another program may take it: the next choice is another one.
  for (let attempt = 1; ; attempt++) {
    const started = await tryStart(options);
    if (typeof started !== 'string') return started;
    if (attempt === 3) throw failed(options.folder, started);
  }
}

async function tryStart(options: TemporalServerOptions): Promise<TemporalServer | string> {
  const [port, uiPort] = await choosePorts(options);
  const address = `127.0.0.1:${port}`;
  const server = await startServer({
    folder: options.folder,
    command: options.binary.path,
    args: serverArguments(path.join(options.folder, 'temporal.db'), port, uiPort),
    env: { GOGC, ...withoutTemporalSettings(options.env) },
    stopSignal,
    graceMs,
    guard: options.guard,
  });
  const until = performance.now() + startLimitMs;
  while (!(await serves(address))) {
    const ended = server.ended();
    if (ended !== null || performance.now() > until) {
      await server.stop();
      return ended ?? `did not serve within ${startLimitMs / 1000} s`;
    }
    await sleep(50);
  }
  // Another server that won the race for the port would answer too: ours must still be there.
  await sleep(settleMs);
  const lost = server.ended();
  if (lost !== null) return lost;
  return { address, uiUrl: uiPort === null ? null : `http://127.0.0.1:${uiPort}`, server };
}

async function choosePorts({ headless, ports, progress }: TemporalServerOptions): Promise<[number, number | null]> {
  if (ports === 'any') return [await anyFreePort(), headless ? null : await anyFreePort()];
  const port = await choosePort(usualPort);
  const uiPort = headless ? null : await choosePort(usualUiPort);
  if (port !== usualPort) progress.note(`Port ${usualPort} is taken: Temporal listens on ${port}.`);
  if (uiPort !== null && uiPort !== usualUiPort) {
    progress.note(`Port ${usualUiPort} is taken: the Temporal UI is on ${uiPort}.`);
  }
  return [port, uiPort];
}

/**
 * The development server is built for trying out, and its defaults hold one workflow to about nine activities a
 * second. Measured with these settings: 8 ms an activity instead of 91 ms, timers to 50 ms instead of a second. By default
 * all schedules together start thirty runs a second, and far fewer where more are due: of 500 each minute 63 began. Tasks
 * that are done are dropped every two seconds, not thirty, because for each new one the server looks through all of them:
 * with a thousand syncs each minute a run costs it 51 ms of processor time instead of 100.
 */
function serverArguments(storeFile: string, port: number, uiPort: number | null): string[] {
  return [
    ...['server', 'start-dev', '--ip', '127.0.0.1', '--port', String(port)],
    ...(uiPort === null ? ['--headless'] : ['--ui-port', String(uiPort)]),
    ...['--db-filename', storeFile],
    ...['--sqlite-pragma', 'journal_mode=wal', '--sqlite-pragma', 'synchronous=normal'],
    ...['--dynamic-config-value', 'history.transferProcessorMaxPollRPS=1000'],
    ...['--dynamic-config-value', 'history.transferProcessorUpdateAckInterval="2s"'],
    ...['--dynamic-config-value', 'history.timerProcessorUpdateAckInterval="2s"'],
    ...['--dynamic-config-value', 'history.visibilityProcessorUpdateAckInterval="2s"'],
    ...['--dynamic-config-value', 'worker.schedulerNamespaceStartWorkflowRPS=1000.0'],
    ...['--dynamic-config-value', 'system.enableActivityEagerExecution=true'],
    ...['--dynamic-config-value', 'history.timerProcessorMaxTimeShift="50ms"'],
    ...Object.values(searchAttribute).flatMap((name) => ['--search-attribute', `${name}=Keyword`]),
    ...['--log-level', 'warn', '--color', 'never'],
  ];
}

/** Settings meant for a client of another server must not reach this one. */
const withoutTemporalSettings = (env: NodeJS.ProcessEnv): NodeJS.ProcessEnv =>
  Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith('TEMPORAL_')));

async function serves(address: string): Promise<boolean> {
  try {
    const temporal = await connectTemporal(address, NAMESPACE, 1000);
    try {
      await registerSearchAttributes(temporal);
      return true;
    } finally {
      await temporal.close();
    }
  } catch {
    return false;
  }
}

function failed(folder: string, how: string): SyncFailure {
  const log = path.join(folder, logFileName);
  return new SyncFailure(
    'STACK_FAILED',
    `the embedded Temporal server ${how}. Its log, ${log}, ends: ${lastLines(folder)}`,
  );
}
