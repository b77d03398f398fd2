import { homedir } from 'node:os';
import path from 'node:path';
import type { Progress } from '../platform/foundation/progress.ts';
import { cacheFolderOf } from './cache-folder.ts';
import { type Guard, startGuard } from './guard.ts';
import { type PostgresServer, startPostgres } from './postgres-server.ts';
import { logFileName } from './server-process.ts';
import { obtainTemporal } from './temporal-binary.ts';
import { startTemporal, type TemporalServer } from './temporal-server.ts';

export interface EmbeddedOptions {
  readonly projectFolder: string;
  readonly stateFolder: string;
  readonly env: NodeJS.ProcessEnv;
  readonly progress: Progress;
  readonly temporal: boolean;
  readonly database: boolean;
}

export interface EmbeddedStack {
  readonly temporal: TemporalServer | null;
  readonly postgres: PostgresServer | null;
  readonly guard: Guard;
  /** Null while all run; else which ended, and how. */
  ended(): string | null;
  stop(): Promise<void>;
}

/** Starts what is asked for, both at once. When one fails, the other is stopped. Only under the lock of the project. */
export async function startEmbedded(options: EmbeddedOptions): Promise<EmbeddedStack> {
  const guard = startGuard();
  const [postgres, temporal] = await Promise.allSettled([
    options.database ? postgresOf(options, guard) : null,
    options.temporal ? temporalOf(options, guard) : null,
  ]);
  const stop = async () => {
    if (temporal.status === 'fulfilled') await temporal.value?.server.stop();
    if (postgres.status === 'fulfilled') await postgres.value?.server.stop();
    await guard.close();
  };
  if (postgres.status === 'fulfilled' && temporal.status === 'fulfilled') {
    const running = { temporal: temporal.value, postgres: postgres.value };
    return { ...running, guard, stop, ended: () => endOf(running, options.stateFolder) };
  }
  await stop();
  throw postgres.status === 'rejected' ? postgres.reason : temporal.status === 'rejected' ? temporal.reason : undefined;
}

function endOf(
  { temporal, postgres }: Pick<EmbeddedStack, 'temporal' | 'postgres'>,
  stateFolder: string,
): string | null {
  const [first] = [
    { name: 'PostgreSQL', folder: 'postgres', how: postgres?.server.ended() },
    { name: 'Temporal', folder: 'temporal', how: temporal?.server.ended() },
  ].filter(({ how }) => typeof how === 'string');
  if (first === undefined) return null;
  const log = path.join(stateFolder, first.folder, logFileName);
  return `the embedded ${first.name} ${first.how}; its log is ${log}`;
}

function postgresOf(options: EmbeddedOptions, guard: Guard): Promise<PostgresServer> {
  const { projectFolder, env, progress, stateFolder } = options;
  return progress.step('Starting PostgreSQL', () =>
    startPostgres({
      folder: path.join(stateFolder, 'postgres'),
      projectFolder,
      cacheFolder: cacheFolderOf(env, homedir()),
      env,
      guard,
      progress,
    }),
  );
}

async function temporalOf(options: EmbeddedOptions, guard: Guard): Promise<TemporalServer> {
  const { env, progress, stateFolder } = options;
  const binary = await obtainTemporal({ env, home: homedir() }, progress);
  return progress.step('Starting Temporal', () =>
    startTemporal({ folder: path.join(stateFolder, 'temporal'), binary, env, guard, progress }),
  );
}
