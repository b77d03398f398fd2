import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { access, rename } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import type { Progress } from '../platform/foundation/progress.ts';
import { installInto } from './install-into.ts';

const run = promisify(execFile);

/** A program that is built from its published module. */
export interface GoProgram {
  /** Its name here, which is the one it has in its container image. */
  readonly name: string;
  readonly module: string;
  /** The package in the module, such as `cmd/server`; empty when it is the module itself. */
  readonly package: string;
  readonly version: string;
  /** How long it takes on two cores with an empty cache. */
  readonly usualS: number;
}

/** Gives the path of a program, built into `cacheFolder` the first time. Throws when Go is missing or the build fails. */
export async function goProgram(program: GoProgram, cacheFolder: string, progress: Progress): Promise<string> {
  const folder = path.join(cacheFolder, `${program.name}-${program.version}`);
  const file = path.join(folder, program.name);
  if (await exists(file)) return file;
  const noGo = await whyNoGo();
  if (noGo !== null) throw new Error(noGo);
  progress.note(`Building ${program.name} ${program.version} with Go, once, into ${folder}.`);
  return progress.step(`Building ${program.name}`, (tell) => {
    tell({ usualS: program.usualS });
    return installInto(folder, async (temporary) => {
      await install(program, temporary);
      await rename(path.join(temporary, path.basename(packageOf(program))), path.join(temporary, program.name));
      return program.name;
    });
  });
}

const packageOf = ({ module, package: inModule }: GoProgram): string =>
  inModule === '' ? module : `${module}/${inModule}`;

async function install(program: GoProgram, folder: string): Promise<void> {
  const target = `${packageOf(program)}@v${program.version}`;
  // Low priority and one package at a time: the machine stays usable, and memory small.
  const child = spawn('nice', ['-n', '10', 'go', 'install', '-p', '1', target], {
    env: { ...process.env, GOBIN: path.resolve(folder) },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    said = (said + chunk).slice(-2000);
  });
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(`go install ${target} failed: ${said.trimEnd().split('\n').slice(-3).join(' / ')}`);
}

/** The folder of a module's files, as `go install` left them: schema and configuration lie there. */
export async function goModuleFolder(module: string, version: string): Promise<string> {
  const { stdout } = await run('go', ['env', 'GOMODCACHE']);
  const folder = path.join(stdout.trim(), `${module}@v${version}`);
  // A cached program does not need its module; what lies beside the program in the module does.
  if (!(await exists(folder))) await run('go', ['mod', 'download', `${module}@v${version}`]);
  return folder;
}

/** Null when Go can build; else why it cannot, in words. */
export async function whyNoGo(): Promise<string | null> {
  return run('go', ['version']).then(
    () => null,
    () => 'Go is not on PATH (https://go.dev/dl)',
  );
}

const exists = (file: string): Promise<boolean> =>
  access(file).then(
    () => true,
    () => false,
  );
