import { access, constants, statfs } from 'node:fs/promises';
import path from 'node:path';
import { type Finding, failed, ok, warning } from '../../operations/doctor/finding.ts';
import { isPortFree } from '../../stack/ports.ts';

const oldestNode = [20, 19] as const;

/** Pure: `version` as `process.versions.node` has it. */
export function checkNode(version: string): Finding {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const newEnough = major > oldestNode[0] || (major === oldestNode[0] && minor >= oldestNode[1]);
  if (newEnough) return ok('Node.js', version);
  return failed(
    'Node.js',
    `${version} is older than ${oldestNode.join('.')}`,
    'Install a newer Node.js: https://nodejs.org',
  );
}

const gib = 1024 ** 3;
const enoughBytes = 2 * gib;
const leastBytes = gib / 4;

/** Pure. Staging and ledger grow with what is synced, and PostgreSQL stops when the disk is full. */
export function judgeDisk(freeBytes: number, folder: string): Finding {
  const found = `${(freeBytes / gib).toFixed(1)} GiB free at ${folder}`;
  const todo = 'Free some space, or move the project to a larger disk.';
  if (freeBytes < leastBytes) return failed('Disk', found, todo);
  return freeBytes < enoughBytes ? warning('Disk', found, todo) : ok('Disk', found);
}

export async function checkDisk(projectFolder: string): Promise<Finding> {
  const folder = await nearestExisting(projectFolder);
  try {
    await access(folder, constants.W_OK);
  } catch {
    return failed(
      'Disk',
      `${folder} cannot be written to`,
      'Give this user the right to write there: .syncline/ lies in the project.',
    );
  }
  const { bavail, bsize } = await statfs(folder);
  return judgeDisk(bavail * bsize, folder);
}

async function nearestExisting(folder: string): Promise<string> {
  const there = await access(folder).then(
    () => true,
    () => false,
  );
  const parent = path.dirname(folder);
  return there || parent === folder ? folder : nearestExisting(parent);
}

const usualPorts = [
  { port: 7233, use: 'Temporal' },
  { port: 8233, use: 'the Temporal UI' },
  { port: 5432, use: 'PostgreSQL' },
] as const;

/** Taken ports are no fault: `dev` takes others and says which. */
export async function checkPorts(): Promise<Finding> {
  const states = await Promise.all(usualPorts.map(async (usual) => ({ ...usual, free: await isPortFree(usual.port) })));
  const taken = states.filter(({ free }) => !free).map(({ port, use }) => `${port} (${use})`);
  if (taken.length === 0) return ok('Ports', 'the usual ones are free: 7233, 8233, 5432');
  return ok('Ports', `taken: ${taken.join(', ')}; \`syncline dev\` uses others and says which`);
}
