import { createHash } from 'node:crypto';
import { mkdir, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { SyncFailure } from '../model/failure/failure.ts';
import { writeFileAtomically } from '../platform/foundation/atomic-file.ts';
import { canUse, chooseRunAs } from './run-as.ts';
import type { RunAs } from './server-process.ts';

/** Where the data of the embedded PostgreSQL lies, and who owns it. */
export interface PostgresPlace {
  /** Holds `data`; its path can be walked by `runAs`. */
  readonly folder: string;
  readonly runAs: RunAs | undefined;
  /** Whether it lies outside of the project, which people must be told. */
  readonly elsewhere: boolean;
}

/** Its file names the folder, where that is not the one in the project. */
export const pointerName = 'folder';

/** Where root keeps data of a project that the database's user cannot reach, such as one under /root. */
const rootDataFolders = ['/var/lib/syncline', '/var/tmp/syncline'] as const;
export const rootCacheFolders = ['/var/cache/syncline', '/var/tmp/syncline'] as const;

/**
 * The folder in the project, unless PostgreSQL's user cannot get there; then one of `elsewhere`, and the choice is
 * written down in the project, so that it stays when the project is moved. Throws STACK_FAILED.
 */
export async function choosePlace(
  folder: string,
  projectFolder: string,
  elsewhere: readonly string[] = rootDataFolders,
): Promise<PostgresPlace> {
  await mkdir(folder, { recursive: true });
  const written = (await readFile(path.join(folder, pointerName), 'utf8').catch(() => '')).trim();
  const current = written === '' ? folder : written;
  const runAs = await chooseRunAs(path.join(current, 'data'), projectFolder);
  await refuseOtherOwner(path.join(current, 'data'));
  if (written !== '') return { folder: written, runAs, elsewhere: true };
  if (await canUse(folder, runAs)) return { folder, runAs, elsewhere: false };
  const hash = createHash('sha256').update(path.resolve(projectFolder)).digest('hex').slice(0, 12);
  for (const parent of elsewhere) {
    const other = path.join(parent, `${path.basename(path.resolve(projectFolder))}-${hash}`);
    if (!(await makeUsable(other, runAs))) continue;
    await writeFileAtomically(path.join(folder, pointerName), `${other}\n`);
    return { folder: other, runAs, elsewhere: true };
  }
  throw new SyncFailure(
    'STACK_FAILED',
    `PostgreSQL cannot run as root, and its user ${runAs?.name ?? ''} cannot reach ${folder} nor ${elsewhere.join(' or ')}; move the project out of folders that only root may enter, or set DATABASE_URL`,
  );
}

async function makeUsable(folder: string, runAs: RunAs | undefined): Promise<boolean> {
  try {
    await mkdir(folder, { recursive: true, mode: 0o755 });
  } catch {
    return false;
  }
  return canUse(folder, runAs);
}

/** Data made by another user cannot be opened: PostgreSQL insists on owning it. */
async function refuseOtherOwner(dataFolder: string): Promise<void> {
  const uid = process.getuid?.();
  const owner = await stat(dataFolder).then(
    (s) => s.uid,
    () => null,
  );
  if (uid === undefined || uid === 0 || owner === null || owner === uid) return;
  throw new SyncFailure(
    'STACK_FAILED',
    `the PostgreSQL data in ${dataFolder} belongs to another user (uid ${owner}): it was made with sudo or in a container. Run as that user, or give the .syncline folder to yours with chown -R`,
  );
}
