import { execFile } from 'node:child_process';
import { homedir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { type Finding, failedBy, ok } from '../../operations/doctor/finding.ts';
import { stateFolderOf } from '../../platform/foundation/state-folder.ts';
import { cacheFolderOf } from '../../stack/cache-folder.ts';
import { withoutPassword } from '../../stack/database-problem.ts';
import { checkDatabase } from '../../stack/external.ts';
import { findPostgresPackage, preparePostgres } from '../../stack/postgres-binaries.ts';
import { rootCacheFolders } from '../../stack/postgres-place.ts';
import { findRunAs } from '../../stack/run-as.ts';

const run = promisify(execFile);
const part = 'PostgreSQL';

/** A database that is up. */
export async function checkDatabaseServer(url: string): Promise<Finding> {
  try {
    return ok(part, `${await checkDatabase(url)} at ${withoutPassword(url).replace('PostgreSQL ', '')}`);
  } catch (error) {
    return failedBy(part, error);
  }
}

/** None is up: whether the embedded one could be started. Makes it ready where the install scripts were off. */
export async function checkEmbeddedDatabase(projectFolder: string, env: NodeJS.ProcessEnv): Promise<Finding> {
  try {
    const packageFolder = findPostgresPackage();
    const isRoot = process.getuid?.() === 0;
    const dataFolder = path.join(stateFolderOf(projectFolder), 'postgres', 'data');
    const runAs = isRoot ? await findRunAs(dataFolder, projectFolder) : undefined;
    const copies = [cacheFolderOf(env, homedir()), ...(isRoot ? rootCacheFolders : [])];
    const { postgres } = await preparePostgres(packageFolder, copies, runAs);
    const { stdout } = await run(postgres, ['--version'], { cwd: '/' });
    const user = isRoot ? `; as root it runs as the user ${runAs?.name ?? 'syncline, which will be made'}` : '';
    return ok(part, `embedded, ${stdout.trim().replace('postgres (PostgreSQL) ', '')}; not running now${user}`);
  } catch (error) {
    return failedBy(part, error);
  }
}
