import { execFile } from 'node:child_process';
import { readFile, stat } from 'node:fs/promises';
import { promisify } from 'node:util';
import { SyncFailure } from '../model/failure/failure.ts';
import type { RunAs } from './server-process.ts';

const run = promisify(execFile);

const ownUser = 'syncline';

/**
 * PostgreSQL refuses to run as root. Undefined when we are not root; else, in this order: the owner of the data that is
 * there, the owner of the project folder, the user `postgres`, a user `syncline` that is made for it.
 * Throws STACK_FAILED when none can be had.
 */
export async function chooseRunAs(dataFolder: string, projectFolder: string): Promise<RunAs | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  return (await findRunAs(dataFolder, projectFolder)) ?? createUser();
}

/** The same for root, without making a user: undefined when one would be made. */
export async function findRunAs(dataFolder: string, projectFolder: string): Promise<RunAs | undefined> {
  const users = await readUsers();
  const owners = [await ownerOf(dataFolder), await ownerOf(projectFolder)];
  const candidates = [
    ...owners.map((uid) => users.find((user) => user.uid === uid)),
    users.find((user) => user.name === 'postgres'),
    users.find((user) => user.name === ownUser),
  ];
  return candidates.find((user) => user !== undefined && user.uid !== 0);
}

const ownerOf = (folder: string): Promise<number | null> =>
  stat(folder).then(
    ({ uid }) => uid,
    () => null,
  );

/** Users of the machine. initdb needs a name, so a bare uid is not enough. */
async function readUsers(): Promise<RunAs[]> {
  const text = await readFile('/etc/passwd', 'utf8').catch(() => '');
  return parsePasswd(text);
}

/** The format of passwd(5). Pure. */
export function parsePasswd(text: string): RunAs[] {
  return text.split('\n').flatMap((line) => {
    const [name, , uid, gid] = line.split(':');
    return name && uid && gid ? [{ name, uid: Number(uid), gid: Number(gid) }] : [];
  });
}

async function createUser(): Promise<RunAs> {
  try {
    await run('useradd', ['--system', '--user-group', '--no-create-home', '--shell', '/usr/sbin/nologin', ownUser]);
  } catch (error) {
    throw new SyncFailure(
      'STACK_FAILED',
      `PostgreSQL refuses to run as root, and the user ${ownUser} could not be made; run Syncline as another user, or set DATABASE_URL to a PostgreSQL of your own`,
      { cause: error },
    );
  }
  const made = (await readUsers()).find((user) => user.name === ownUser);
  if (made === undefined) throw new SyncFailure('STACK_FAILED', `the user ${ownUser} was made but cannot be found`);
  return made;
}

/**
 * Whether the user can enter the folder and read in it, which depends on each folder above it too. Asked of the system
 * itself, by a shell that runs as that user, because modes alone do not tell (access lists, mounts without exec).
 */
export async function canUse(folder: string, runAs: RunAs | undefined): Promise<boolean> {
  if (process.platform === 'win32') return true;
  const identity = runAs === undefined ? {} : { uid: runAs.uid, gid: runAs.gid };
  try {
    await run('/bin/sh', ['-c', 'cd "$1" && test -r .', 'sh', folder], { ...identity, cwd: '/' });
    return true;
  } catch {
    return false;
  }
}
