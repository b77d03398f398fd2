import path from 'node:path';
import type { ComposeFile, ComposeService } from './compose-file.ts';

/** Where things of the containers' world are on this machine. */
export interface Ground {
  /** Ports by `service:port` as the services see them. */
  readonly ports: ReadonlyMap<string, number>;
  /** Folders and files by their path in the containers, for every service: what an image itself brings along. */
  readonly imagePaths: ReadonlyMap<string, string>;
  /** The folder of the Compose file. */
  readonly root: string;
  /** Stands for `deploy/secrets`. */
  readonly secretsFolder: string;
  readonly volumesFolder: string;
}

/** What is run here for a container: same command, same variables, with the names of this machine. */
export interface LocalProcess {
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

const secretsInFile = './deploy/secrets';
const host = '127.0.0.1';

/** A service as a process of this machine. Pure. */
export function localProcess(file: ComposeFile, service: ComposeService, ground: Ground): LocalProcess {
  const paths = pathsOf(file, service, ground);
  const here = (name: string, text: string) => localText(name, text, paths, ground);
  return {
    argv: [...service.entrypoint, ...service.command].map((text) => here('', text)),
    env: Object.fromEntries(Object.entries(service.environment).map(([name, value]) => [name, here(name, value)])),
  };
}

/** The command of a service's health check, for this machine; empty when it has none. Bare ports are taken as such. */
export function localHealthCheck(file: ComposeFile, service: ComposeService, ground: Ground): string[] {
  const paths = pathsOf(file, service, ground);
  return (service.healthcheck?.test.slice(1) ?? []).map((text) => localText('PORT', text, paths, ground));
}

function pathsOf(file: ComposeFile, service: ComposeService, ground: Ground): ReadonlyMap<string, string> {
  const mounts = service.volumes.map((volume): [string, string] => {
    const [from = '', to = ''] = volume.split(':');
    const isPath = from.startsWith('.') || from.startsWith('/');
    return [to, isPath ? hostPath(from, ground) : path.join(ground.volumesFolder, from)];
  });
  const secrets = service.secrets.map((name): [string, string] => {
    const secret = file.secrets[name];
    if (secret === undefined) throw new Error(`the secret ${name} is not declared`);
    return [`/run/secrets/${name}`, hostPath(secret.file, ground)];
  });
  return new Map([...ground.imagePaths, ...mounts, ...secrets]);
}

/** A path of the Compose file on this machine. */
export function hostPath(from: string, ground: Ground): string {
  const inSecrets = path.relative(secretsInFile, from);
  if (!inSecrets.startsWith('..') && !path.isAbsolute(inSecrets)) return path.join(ground.secretsFolder, inSecrets);
  return path.resolve(ground.root, from);
}

/** A path, an address such as `temporal:7233`, or by the variable's name a host (`PGHOST`) or port (`SQL_PORT`) alone. */
function localText(name: string, text: string, paths: ReadonlyMap<string, string>, ground: Ground): string {
  for (const [inside, outside] of paths) {
    if (text === inside || text.startsWith(`${inside}/`)) return outside + text.slice(inside.length);
  }
  let result = text;
  for (const [address, port] of ground.ports) {
    const [service = '', insidePort = ''] = address.split(':');
    if (name.endsWith('HOST') && text === service) return host;
    if (name.endsWith('PORT') && text === insidePort) return String(port);
    const pattern = new RegExp(`(?<![\\w.-])(?:${service}|localhost):${insidePort}(?!\\d)`, 'g');
    result = result.replaceAll(pattern, `${host}:${port}`);
  }
  return result === '0.0.0.0' ? host : result;
}
