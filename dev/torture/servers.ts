import { homedir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createProgress } from '../../platform/progress.ts';
import type { Guard } from '../stack/guard.ts';
import { type PostgresServer, startPostgres } from '../stack/postgres-server.ts';
import type { ServerProcess } from '../stack/server-process.ts';
import { cacheFolderOf } from '../stack/state-folder.ts';
import { obtainTemporal, type TemporalBinary } from '../stack/temporal-binary.ts';
import { startTemporal, type TemporalServer } from '../stack/temporal-server.ts';
import { startProxy, type TcpProxy } from './proxy.ts';

/** Real Temporal and real PostgreSQL, each behind an address that stays while it is killed and started again. */
export interface Servers {
  readonly temporalAddress: string;
  readonly databaseUrl: string;
  readonly proxies: { readonly temporal: TcpProxy; readonly postgres: TcpProxy };
  /** `kill -9`, and started again on the same store. */
  restartTemporal(downMs: number): Promise<void>;
  /** An immediate stop, without a checkpoint, and started again: PostgreSQL recovers from its log. */
  restartPostgres(downMs: number): Promise<void>;
  stop(): Promise<void>;
}

const quiet = createProgress(process.stderr);

export async function startServers(folder: string, env: NodeJS.ProcessEnv, guard: Guard): Promise<Servers> {
  const binary = await obtainTemporal({ env, home: homedir() }, quiet);
  let postgres = await postgresIn(folder, env, guard);
  let temporal = await temporalIn(folder, env, guard, binary);
  const proxies = {
    temporal: await startProxy(portOf(temporal.address)),
    postgres: await startProxy(Number(new URL(postgres.url).port)),
  };
  const url = new URL(postgres.url);
  url.port = String(proxies.postgres.port);
  return {
    temporalAddress: `127.0.0.1:${proxies.temporal.port}`,
    databaseUrl: url.href,
    proxies,
    async restartTemporal(downMs) {
      await end(temporal.server, 'SIGKILL');
      await sleep(downMs);
      temporal = await temporalIn(folder, env, guard, binary);
      proxies.temporal.target = portOf(temporal.address);
    },
    async restartPostgres(downMs) {
      await end(postgres.server, 'SIGQUIT');
      await sleep(downMs);
      postgres = await postgresIn(folder, env, guard);
      proxies.postgres.target = Number(new URL(postgres.url).port);
    },
    async stop() {
      for (const proxy of Object.values(proxies)) proxy.close();
      await temporal.server.stop();
      await postgres.server.stop();
    },
  };
}

async function end(server: ServerProcess, signal: NodeJS.Signals): Promise<void> {
  process.kill(server.pid, signal);
  while (server.ended() === null) await sleep(20);
  await server.stop();
}

const portOf = (address: string): number => Number(address.split(':')[1]);

const postgresIn = (folder: string, env: NodeJS.ProcessEnv, guard: Guard): Promise<PostgresServer> =>
  startPostgres({
    folder: path.join(folder, 'postgres'),
    projectFolder: folder,
    cacheFolder: cacheFolderOf(env, homedir()),
    env,
    guard,
    progress: quiet,
    port: 'any',
  });

const temporalIn = (
  folder: string,
  env: NodeJS.ProcessEnv,
  guard: Guard,
  binary: TemporalBinary,
): Promise<TemporalServer> =>
  startTemporal({
    folder: path.join(folder, 'temporal'),
    binary,
    env,
    guard,
    progress: quiet,
    headless: true,
    ports: 'any',
  });
