import { execFile } from 'node:child_process';
import { access, constants } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { SyncFailure } from '../model/failure/failure.ts';
import type { Progress } from '../platform/foundation/progress.ts';
import { cacheFolderOf } from './cache-folder.ts';
import { buildTemporal, findGo, temporalModule } from './temporal-build.ts';
import { downloadTemporal } from './temporal-download.ts';

const run = promisify(execFile);

export interface TemporalBinary {
  readonly path: string;
  /** `1.29.1`: of the server in it. */
  readonly serverVersion: string;
}

export interface Places {
  readonly env: NodeJS.ProcessEnv;
  /** The home folder of the user. */
  readonly home: string;
  /** Where the official archives are; only tests name another. */
  readonly downloadUrl?: string;
}

/** Looked for, in this order, and what was found there. */
export interface Search {
  readonly found: TemporalBinary | null;
  /** One line for each place that had none. */
  readonly tried: readonly string[];
}

/** Looks, without downloading or building anything. Throws STACK_FAILED when TEMPORAL_CLI_PATH is set and wrong. */
export async function findTemporal(places: Places): Promise<Search> {
  const named = places.env['TEMPORAL_CLI_PATH'];
  if (named) return { found: await probeNamed(named), tried: [] };
  const tried: string[] = ['TEMPORAL_ADDRESS is not set', 'TEMPORAL_CLI_PATH is not set'];
  for (const { place, paths } of candidates(places)) {
    const probed = await firstThatRuns(paths);
    if (typeof probed !== 'string') return { found: probed, tried };
    tried.push(`${place}: ${probed}`);
  }
  return { found: null, tried };
}

function candidates({ env, home }: Places): { place: string; paths: string[] }[] {
  const program = process.platform === 'win32' ? 'temporal.exe' : 'temporal';
  const onPath = (env['PATH'] ?? '').split(path.delimiter).filter((folder) => path.isAbsolute(folder));
  const goFolder = env['GOBIN'] || path.join(env['GOPATH']?.split(path.delimiter)[0] || path.join(home, 'go'), 'bin');
  const cache = temporalCache({ env, home });
  return [
    { place: '`temporal` on PATH', paths: onPath.map((folder) => path.join(folder, program)) },
    { place: `the cache ${cache}`, paths: [path.join(cache, program)] },
    { place: `Go's folder ${goFolder}`, paths: [path.join(goFolder, program)] },
  ];
}

const absent = 'not there';

/** Else the most telling reason. */
async function firstThatRuns(paths: readonly string[]): Promise<TemporalBinary | string> {
  let reason: string = absent;
  for (const file of paths) {
    const probed = await probe(file);
    if (typeof probed !== 'string') return probed;
    if (probed !== absent) reason = `${file} ${probed}`;
  }
  return reason;
}

/** One folder per version, so that a newer engine does not run an older one's server. */
export const temporalCache = ({ env, home }: Places): string =>
  path.join(cacheFolderOf(env, home), `temporal-${temporalModule.version}`);

async function probeNamed(file: string): Promise<TemporalBinary> {
  const probed = await probe(file);
  if (typeof probed !== 'string') return probed;
  throw new SyncFailure('STACK_FAILED', `TEMPORAL_CLI_PATH names ${file}, which is ${probed}`);
}

/** A program of this name may be something else, or too old to hold a server: it must say which server it has. */
async function probe(file: string): Promise<TemporalBinary | string> {
  try {
    await access(file, constants.X_OK);
  } catch {
    return absent;
  }
  try {
    const { stdout } = await run(file, ['--version'], { timeout: 20_000 });
    const serverVersion = /\(Server (\d+\.\d+\.\d+)/.exec(stdout)?.[1];
    return serverVersion === undefined ? 'no Temporal CLI with a server' : { path: file, serverVersion };
  } catch {
    return 'there, but does not run';
  }
}

/** Finds the Temporal CLI, or fetches it. Throws STACK_FAILED with every place looked at and what to do. */
export async function obtainTemporal(places: Places, progress: Progress): Promise<TemporalBinary> {
  const search = await findTemporal(places);
  if (search.found !== null) return search.found;
  const tried = [...search.tried];
  const ways = [
    { name: 'download from temporal.download', get: () => downloadTemporal(places, temporalCache(places), progress) },
    { name: `go install ${temporalModule.path}`, get: () => build(places, progress) },
  ];
  for (const way of ways) {
    const got = await way.get().then(probeFetched, (error: unknown) => reason(error));
    if (typeof got !== 'string') return got;
    tried.push(`${way.name}: ${got}`);
  }
  throw new SyncFailure('STACK_FAILED', notFound(tried));
}

const probeFetched = (file: string): Promise<TemporalBinary | string> => probe(file);

async function build(places: Places, progress: Progress): Promise<string> {
  const go = await findGo(places.env);
  if (go === null) throw new Error('no Go 1.21 or newer on PATH');
  return buildTemporal(go, places.env, temporalCache(places), progress);
}

const reason = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** One line: messages are shown in one. */
const notFound = (tried: readonly string[]): string =>
  [
    `no Temporal server is at hand (${tried.join('; ')}).`,
    'Install the Temporal CLI (https://docs.temporal.io/cli) so that `temporal` is on PATH,',
    'or set TEMPORAL_CLI_PATH to the program or TEMPORAL_ADDRESS to a server that runs,',
    'or install Go (https://go.dev/dl): Syncline then builds the CLI itself, once, in three to four minutes',
  ].join(' ');
