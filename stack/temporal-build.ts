import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { promisify } from 'node:util';
import type { Progress } from '../platform/foundation/progress.ts';
import { installInto } from './install-into.ts';

const run = promisify(execFile);

/** The newest version that `go install` takes: later ones use replacements, which it refuses. */
export const temporalModule = { path: 'github.com/temporalio/cli/cmd/temporal', version: '1.5.1' } as const;

/** Since Go 1.21 an older Go fetches the newer one that a module asks for. */
const oldestGo = [1, 21] as const;

export interface Go {
  readonly version: string;
}

export async function findGo(env: NodeJS.ProcessEnv): Promise<Go | null> {
  try {
    const { stdout } = await run('go', ['version'], { env, timeout: 20_000 });
    const [, major, minor] = /go(\d+)\.(\d+)/.exec(stdout) ?? [];
    if (major === undefined || minor === undefined) return null;
    const newEnough = Number(major) > oldestGo[0] || (Number(major) === oldestGo[0] && Number(minor) >= oldestGo[1]);
    return newEnough ? { version: `${major}.${minor}` } : null;
  } catch {
    return null;
  }
}

/** Measured on two cores with an empty Go cache: three to four minutes. */
const usualS = 240;

/** Builds the Temporal CLI with Go into `folder`; answers the path of the program. */
export async function buildTemporal(
  go: Go,
  env: NodeJS.ProcessEnv,
  folder: string,
  progress: Progress,
): Promise<string> {
  progress.note(
    `No Temporal CLI found: building version ${temporalModule.version} with Go ${go.version}, once, into ${folder}. This takes three to four minutes.`,
  );
  return progress.step('Building Temporal', (tell) => {
    tell({ usualS });
    return installInto(folder, async (temporary) => {
      await goInstall(env, temporary, (detail) => tell({ detail }));
      return process.platform === 'win32' ? 'temporal.exe' : 'temporal';
    });
  });
}

async function goInstall(env: NodeJS.ProcessEnv, folder: string, tell: (detail: string) => void): Promise<void> {
  const child = spawn('go', ['install', '-v', `${temporalModule.path}@v${temporalModule.version}`], {
    env: { ...env, GOBIN: path.resolve(folder) },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  let packages = 0;
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    said = (said + chunk).slice(-2000);
    packages += chunk.split('\n').length - 1;
    tell(`${packages} packages`);
  });
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(`go install failed: ${said.trimEnd().split('\n').slice(-3).join(' / ')}`);
}
