import { execFile } from 'node:child_process';
import { mkdtemp, rm, statfs, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

const DISK_BYTES = 256 * 1024;

/** A disk of 256 KiB in memory, as a folder. */
export interface SmallDisk {
  readonly folder: string;
  /** Leaves no free byte. */
  fill(): Promise<void>;
}

/** Runs `work` with a disk of its own, which is gone afterwards. */
export async function withSmallDisk<T>(work: (disk: SmallDisk) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(path.join(tmpdir(), 'syncline-disk-'));
  try {
    await run('mount', ['-t', 'tmpfs', '-o', `size=${DISK_BYTES},mode=0755`, 'tmpfs', folder]);
    try {
      return await work({ folder, fill: () => fill(folder) });
    } finally {
      await run('umount', [folder]);
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function fill(folder: string): Promise<void> {
  const { bsize, bavail } = await statfs(folder);
  await writeFile(path.join(folder, 'ballast'), Buffer.alloc(bsize * bavail));
}

/** Null when disks can be made here; else why not, in words. */
export async function whyNoSmallDisk(): Promise<string | null> {
  return withSmallDisk(async () => null).catch(() => 'only root on Linux can mount a small disk');
}
