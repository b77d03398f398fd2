import { homedir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createProgress } from '../../platform/foundation/progress.ts';
import { cacheFolderOf } from '../../stack/cache-folder.ts';
import type { Guard } from '../../stack/guard.ts';
import { type PostgresServer, startPostgres } from '../../stack/postgres-server.ts';
import type { ServerProcess } from '../../stack/server-process.ts';
import { obtainTemporal, type TemporalBinary } from '../../stack/temporal-binary.ts';
import { startTemporal, type TemporalServer } from '../../stack/temporal-server.ts';
import type { LinkName } from './schedule.ts';
import { type Link, startToxiproxy } from './toxiproxy.ts';

/** Real Temporal and real PostgreSQL, which can be killed, behind links that can be spoiled. */
export interface Servers {
  /** What the workers go through, to everything that they talk to. */
  readonly links: Readonly<Record<LinkName, Link>>;
  /** With password, through the link. */
  readonly databaseUrl: string;
  /** The yard's own ways, which nothing is done to but that the servers behind them die. */
  readonly own: { readonly temporalAddress: string; readonly databaseUrl: string };
  /** `kill -9`, and started again on the same store. */
  restartTemporal(downMs: number): Promise<void>;
  /** An immediate stop, without a checkpoint, and started again: PostgreSQL recovers from its log. */
  restartPostgres(downMs: number): Promise<void>;
  /** Every link is whole again. */
  heal(): Promise<void>;
  stop(): Promise<void>;
}

const progress = createProgress(process.stderr);

/** `systemsPort`: where the source and the destinations listen. */
export async function startServers(
  folder: string,
  env: NodeJS.ProcessEnv,
  guard: Guard,
  systemsPort: number,
): Promise<Servers> {
  const toxiproxy = await startToxiproxy(folder, cacheFolderOf(env, homedir()), guard, progress);
  const binary = await obtainTemporal({ env, home: homedir() }, progress);
  let postgres = await postgresIn(folder, env, guard);
  let temporal = await temporalIn(folder, env, guard, binary);
  const toTemporal = [
    await toxiproxy.link('temporal', portOf(temporal)),
    await toxiproxy.link('own-t', portOf(temporal)),
  ];
  const toPostgres = [
    await toxiproxy.link('ledger', databasePort(postgres)),
    await toxiproxy.link('warehouse', databasePort(postgres)),
    await toxiproxy.link('own-p', databasePort(postgres)),
  ];
  const [viaTemporal, ownTemporal] = toTemporal as [Link, Link];
  const [ledger, warehouse, ownPostgres] = toPostgres as [Link, Link, Link];
  const urlVia = (link: Link): string => {
    const url = new URL(postgres.url);
    url.port = String(link.port);
    return url.href;
  };
  return {
    links: {
      temporal: viaTemporal,
      ledger,
      warehouse,
      source: await toxiproxy.link('source', systemsPort),
      destination: await toxiproxy.link('destination', systemsPort),
    },
    databaseUrl: urlVia(ledger),
    own: { temporalAddress: `127.0.0.1:${ownTemporal.port}`, databaseUrl: urlVia(ownPostgres) },
    async restartTemporal(downMs) {
      await end(temporal.server, 'SIGKILL');
      await sleep(downMs);
      temporal = await temporalIn(folder, env, guard, binary);
      for (const link of toTemporal) await link.leadTo(portOf(temporal));
    },
    async restartPostgres(downMs) {
      await end(postgres.server, 'SIGQUIT');
      await sleep(downMs);
      postgres = await postgresIn(folder, env, guard);
      for (const link of toPostgres) await link.leadTo(databasePort(postgres));
    },
    heal: () => toxiproxy.heal(),
    async stop() {
      await toxiproxy.stop();
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

const portOf = ({ address }: TemporalServer): number => Number(address.split(':')[1]);
const databasePort = ({ url }: PostgresServer): number => Number(new URL(url).port);

const postgresIn = (folder: string, env: NodeJS.ProcessEnv, guard: Guard): Promise<PostgresServer> =>
  startPostgres({
    folder: path.join(folder, 'postgres'),
    projectFolder: folder,
    cacheFolder: cacheFolderOf(env, homedir()),
    env,
    guard,
    progress,
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
    progress,
    headless: true,
    ports: 'any',
  });
