import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '../..');
interface Build {
  readonly folder: string;
  readonly script: string;
  readonly sources: readonly string[];
}

const shipped: Build = {
  folder: 'dist',
  script: 'build',
  sources: [
    'activities',
    'cli',
    'connectors',
    'demo',
    'engine',
    'model',
    'operations',
    'platform',
    'project',
    'stack',
    'testing',
    'workers',
    'workflows',
    'index.ts',
  ],
};
const lab: Build = { folder: 'dist-lab', script: 'build:lab', sources: [...shipped.sources, 'lab', 'deploy'] };

/** What a build writes last. */
const LAST = 'workflow-bundle.js';

/** The path of a program of the product. Throws when it was not built, or the source has changed since. */
export const built = (program: string): string => programOf(shipped, program);

/** The same for a program that is not shipped, of `lab/` or `deploy/`. */
export const builtLab = (program: string): string => programOf(lab, program);

/** The workflow bundle of the build; null when there is none of the source as it is. */
export const builtWorkflows = (): string | null => (lackOf(shipped) === null ? join(root, shipped.folder, LAST) : null);

function programOf(build: Build, program: string): string {
  const lacking = lackOf(build);
  if (lacking !== null) throw new Error(lacking);
  return join(root, build.folder, program);
}

function lackOf({ folder, script, sources }: Build): string | null {
  const last = join(root, folder, LAST);
  if (!existsSync(last)) return `${folder}/ is not there: \`npm run ${script}\` first, or \`npm test\`, which builds`;
  const builtMs = statSync(last).mtimeMs;
  const newer = sources.flatMap((source) => newerThan(builtMs, source))[0];
  return newer === undefined ? null : `${folder}/ is older than ${newer}: \`npm run ${script}\` first`;
}

function newerThan(builtMs: number, path: string): string[] {
  const found = statSync(join(root, path));
  if (found.isDirectory()) return readdirSync(join(root, path)).flatMap((name) => newerThan(builtMs, join(path, name)));
  return path.endsWith('.ts') && found.mtimeMs > builtMs ? [path] : [];
}
