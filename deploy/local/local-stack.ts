import { execFile } from 'node:child_process';
import { appendFile, readFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import type { Progress } from '../../platform/foundation/progress.ts';
import { type Guard, startGuard } from '../../stack/guard.ts';
import { lastLines, type ServerProcess, startServer } from '../../stack/server-process.ts';
import {
  type ComposeFile,
  type ComposeService,
  composeDurationMs,
  readComposeFile,
  startOrder,
} from './compose-file.ts';
import { type Ground, hostPath, type LocalProcess, localHealthCheck, localProcess } from './ground.ts';
import { choosePorts } from './ports.ts';
import { psqlFolder, startComposePostgres } from './postgres.ts';
import { accepts, baseEnv, runJob, untilHealthy } from './processes.ts';
import { obtainTools, type Tools } from './tools.ts';

const run = promisify(execFile);

export interface LocalStack {
  /** As a worker sees it, with the variables of its service. */
  readonly env: Readonly<Record<string, string>>;
  readonly ports: ReadonlyMap<string, number>;
  /** What ran, in order: `name: how`. */
  readonly ran: readonly string[];
  readonly secretsFolder: string;
  stop(): Promise<void>;
}

interface Site {
  readonly file: ComposeFile;
  readonly ground: Ground;
  readonly tools: Tools;
  readonly workFolder: string;
  readonly guard: Guard;
}

export interface LocalStackOptions {
  /** The folder of docker-compose.yml. */
  readonly root: string;
  /** Takes data, logs and secrets. Every user of this machine must be able to enter it. */
  readonly workFolder: string;
  readonly projectFolder: string;
  /** What is written into the workers' secrets file, as `NAME=value` lines. */
  readonly workerVariables: (ports: ReadonlyMap<string, number>) => Promise<string>;
  readonly progress: Progress;
}

/** Starts every service of the Compose file in `root` as processes of this machine. Throws with the name of the one that failed. */
export async function startLocalStack({
  root,
  workFolder,
  projectFolder,
  workerVariables,
  progress,
}: LocalStackOptions): Promise<LocalStack> {
  // What only a person can install is looked for before anything takes long.
  const psql = await psqlFolder();
  const secretsFolder = path.join(workFolder, 'secrets');
  await run('/bin/sh', [path.join(root, 'deploy/make-secrets.sh'), secretsFolder]);
  const text = await readFile(path.join(root, 'docker-compose.yml'), 'utf8');
  const file = readComposeFile(text, { ...process.env, SYNCLINE_PROJECT: projectFolder });
  const tools = await obtainTools(file, workFolder, progress);
  const ports = await choosePorts();
  await appendFile(path.join(secretsFolder, 'worker.env'), await workerVariables(ports));
  const volumesFolder = path.join(workFolder, 'volumes');
  const ground: Ground = { ports, imagePaths: tools.imagePaths, root, secretsFolder, volumesFolder };
  const site: Site = { file, ground, tools, workFolder, guard: startGuard() };
  const servers: ServerProcess[] = [];
  const ran: string[] = [];
  const stop = async () => {
    for (const server of [...servers].reverse()) await server.stop();
    await site.guard.close();
  };
  try {
    for (const name of startOrder(file)) {
      const service = serviceOf(file, name);
      const started = await progress.step(name, () => startService(site, name, service, psql));
      servers.push(...started);
      ran.push(started.length === 0 ? `${name}: ended well` : `${name}: ${started.length} running`);
      progress.note(ran.at(-1) ?? '');
    }
  } catch (error) {
    await stop();
    throw error;
  }
  const env = await environment(site, serviceOf(file, 'worker'), psql);
  return { env, ports, ran, secretsFolder, stop };
}

function serviceOf(file: ComposeFile, name: string): ComposeService {
  const service = file.services[name];
  if (service === undefined) throw new Error(`docker-compose.yml has no service ${name}`);
  return service;
}

/** Answers the servers that now run and are healthy; none for a job, which has then ended well. */
async function startService(site: Site, name: string, service: ComposeService, psql: string): Promise<ServerProcess[]> {
  const env = await environment(site, service, psql);
  const argv = argvOf(site, name, service);
  if (service.restart.startsWith('on-failure')) {
    const failure = await runJob({ argv, env }, site.ground.root, path.join(site.workFolder, name, 'server.log'));
    if (failure !== null) throw new Error(`${name} ended with exit code ${failure.exitCode}:\n${failure.lastLines}`);
    return [];
  }
  const replicas = Array.from({ length: service.deploy.replicas }, (_, index) => index + 1);
  const servers: ServerProcess[] = [];
  for (const replica of replicas) {
    const folder = path.join(site.workFolder, replicas.length === 1 ? name : `${name}-${replica}`);
    servers.push(await startHealthy(site, name, service, { argv, env }, folder));
  }
  return servers;
}

async function startHealthy(
  site: Site,
  name: string,
  service: ComposeService,
  { argv, env }: LocalProcess,
  folder: string,
): Promise<ServerProcess> {
  const server = await startProcess(site, name, service, { argv, env }, folder);
  try {
    const check = { argv: healthCheckOf(site, name, service), env };
    if (check.argv.length > 0) await untilHealthy(name, check, server, site.ground.root);
    return server;
  } catch (error) {
    await server.stop();
    throw new Error(`${error instanceof Error ? error.message : error}. Its log ends:\n${lastLines(folder, 8)}`);
  }
}

async function startProcess(
  site: Site,
  name: string,
  service: ComposeService,
  { argv, env }: LocalProcess,
  folder: string,
): Promise<ServerProcess> {
  const graceMs = composeDurationMs(service.stop_grace_period);
  const { guard } = site;
  if (name === 'postgres') {
    const dataFolder = path.join(site.ground.volumesFolder, 'postgres-data');
    const port = portOf(site, 'postgres:5432');
    return startComposePostgres({ dataFolder, logFolder: folder, env, port, guard, graceMs });
  }
  const [command = '', ...args] = argv;
  return startServer({ folder, command, args, env, cwd: site.ground.root, stopSignal: 'SIGTERM', graceMs, guard });
}

/** The command, with what the image's own entry point would put before it. */
function argvOf(site: Site, name: string, service: ComposeService): readonly string[] {
  const { argv } = localProcess(site.file, service, site.ground);
  if (name === 'temporal-ui')
    return ['ui-server', '--root', '/', '--config', site.tools.uiConfigFolder, '--env', 'docker', 'start'];
  if (service.image.startsWith('syncline:')) return ['/bin/sh', 'deploy/entrypoint.sh', ...argv];
  return argv;
}

/** PostgreSQL's own check needs a program that only its image has: here its port must accept. */
function healthCheckOf(site: Site, name: string, service: ComposeService): string[] {
  if (name === 'postgres') return ['nc', '-z', '127.0.0.1', String(portOf(site, 'postgres:5432'))];
  return localHealthCheck(site.file, service, site.ground);
}

function portOf(site: Site, address: string): number {
  const port = site.ground.ports.get(address);
  if (port === undefined) throw new Error(`no port was chosen for ${address}`);
  return port;
}

async function environment(site: Site, service: ComposeService, psql: string): Promise<Record<string, string>> {
  const files = await Promise.all(service.env_file.map((file) => readEnvFile(hostPath(`./${file}`, site.ground))));
  const base = baseEnv(site.tools.binFolder);
  return {
    ...base,
    PATH: `${base['PATH'] ?? ''}${path.delimiter}${psql}`,
    ...Object.assign({}, ...files),
    ...localProcess(site.file, service, site.ground).env,
  };
}

async function readEnvFile(file: string): Promise<Record<string, string>> {
  const lines = (await readFile(file, 'utf8')).split('\n').filter((line) => /^\w+=/.test(line));
  return Object.fromEntries(lines.map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]));
}

/** Whether the UI serves its page. */
export async function uiAnswers(ports: ReadonlyMap<string, number>): Promise<boolean> {
  const port = ports.get('temporal-ui:8080') ?? 0;
  if (!(await accepts('127.0.0.1', port))) return false;
  const answer = await fetch(`http://127.0.0.1:${port}/namespaces/default/workflows`);
  return answer.ok && (await answer.text()).includes('<html');
}
