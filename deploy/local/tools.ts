import { mkdir, symlink } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import type { Progress } from '../../platform/foundation/progress.ts';
import { cacheFolderOf } from '../../stack/cache-folder.ts';
import { type GoProgram, goModuleFolder, goProgram, whyNoGo } from '../../stack/go-programs.ts';
import { obtainTemporal } from '../../stack/temporal-binary.ts';
import { type ComposeFile, imageVersion } from './compose-file.ts';

const serverModule = 'go.temporal.io/server';
const uiModule = 'github.com/temporalio/ui-server/v2';

/** What the images of the Compose file hold, on this machine. */
export interface Tools {
  /** A folder with the programs under the names they have in their images. */
  readonly binFolder: string;
  /** Paths in the images → paths here. */
  readonly imagePaths: ReadonlyMap<string, string>;
  /** The UI's own configuration folder, which its image fills from the same variables. */
  readonly uiConfigFolder: string;
}

/** Builds what is missing, in the versions that the Compose file pins. Throws when Go is needed and missing. */
export async function obtainTools(file: ComposeFile, workFolder: string, progress: Progress): Promise<Tools> {
  const noGo = await whyNoGo();
  if (noGo !== null) throw new Error(`${noGo}: it builds the programs that the images hold`);
  const server = imageVersion(imageOf(file, 'temporal'));
  const ui = imageVersion(imageOf(file, 'temporal-ui'));
  const places = { env: process.env, home: os.homedir() };
  const cache = cacheFolderOf(places.env, places.home);
  const binFolder = path.join(workFolder, 'bin');
  await mkdir(binFolder, { recursive: true });
  for (const program of programs(server, ui))
    await symlink(await goProgram(program, cache, progress), path.join(binFolder, program.name));
  await symlink((await obtainTemporal(places, progress)).path, path.join(binFolder, 'temporal'));
  const schema = path.join(await goModuleFolder(serverModule, server), 'schema/postgresql/v12');
  return {
    binFolder,
    imagePaths: new Map([['/etc/temporal/schema/postgresql/v12', schema]]),
    uiConfigFolder: path.join(await goModuleFolder(uiModule, ui), 'config'),
  };
}

const programs = (server: string, ui: string): GoProgram[] => [
  { name: 'temporal-server', module: serverModule, package: 'cmd/server', version: server, usualS: 210 },
  { name: 'temporal-sql-tool', module: serverModule, package: 'cmd/tools/sql', version: server, usualS: 20 },
  { name: 'ui-server', module: uiModule, package: 'cmd/server', version: ui, usualS: 30 },
];

function imageOf(file: ComposeFile, service: string): string {
  const found = file.services[service];
  if (found === undefined) throw new Error(`docker-compose.yml has no service ${service}`);
  return found.image;
}
