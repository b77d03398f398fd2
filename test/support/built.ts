import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '../..');
const sources = [
  'activities',
  'bench',
  'cli',
  'connectors',
  'dev',
  'model',
  'platform',
  'workers',
  'workflows',
  'index.ts',
];
/** What a build writes last. */
const LAST = 'dist/workflow-bundle.js';

/** The path of a program below `dist/`. Throws when it was not built, or the source has changed since. */
export function built(program: string): string {
  const lacking = lackOfBuild();
  if (lacking !== null) throw new Error(lacking);
  return join(root, 'dist', program);
}

/** The workflow bundle of the build; null when there is none of the source as it is. */
export const builtWorkflows = (): string | null => (lackOfBuild() === null ? join(root, LAST) : null);

function lackOfBuild(): string | null {
  if (!existsSync(join(root, LAST))) return 'dist/ is not there: `npm run build` first, or `npm test`, which builds';
  const builtMs = statSync(join(root, LAST)).mtimeMs;
  const newer = sources.flatMap((source) => newerThan(builtMs, source))[0];
  return newer === undefined ? null : `dist/ is older than ${newer}: \`npm run build\` first`;
}

function newerThan(builtMs: number, path: string): string[] {
  const found = statSync(join(root, path));
  if (found.isDirectory()) return readdirSync(join(root, path)).flatMap((name) => newerThan(builtMs, join(path, name)));
  return path.endsWith('.ts') && found.mtimeMs > builtMs ? [path] : [];
}
