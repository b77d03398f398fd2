import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { writeFileAtomically } from '../platform/foundation/atomic-file.ts';
import { stateFolderOf } from '../platform/foundation/state-folder.ts';
import { projectFingerprint } from './fingerprint.ts';

/**
 * Which syncs were found sound, and in which files. Loading a project takes longer than starting a run may: what has
 * not changed since it was last checked is not checked again by a command that only starts one. The worker loads the
 * project itself, whatever is written here.
 */
const soundFile = z.object({ fingerprint: z.string(), syncs: z.array(z.string()) });

const fileOf = (folder: string): string => join(stateFolderOf(folder), 'sound.json');

/** The files as they are now, with the overlay that is chosen. */
const fingerprintOf = async (folder: string, env: NodeJS.ProcessEnv): Promise<string> =>
  `${await projectFingerprint(folder)} ${env['SYNCLINE_ENV'] ?? ''}`;

/** Whether this sync was sound when the project was last checked, and nothing of it has changed since. */
export async function wasSound(folder: string, env: NodeJS.ProcessEnv, sync: string): Promise<boolean> {
  try {
    const { fingerprint, syncs } = soundFile.parse(JSON.parse(await readFile(fileOf(folder), 'utf8')));
    return syncs.includes(sync) && fingerprint === (await fingerprintOf(folder, env));
  } catch {
    return false;
  }
}

/** Keeps the outcome of a check. Where it cannot be written, the next command checks again. */
export async function keepSound(folder: string, env: NodeJS.ProcessEnv, syncs: Iterable<string>): Promise<void> {
  const text = JSON.stringify({ fingerprint: await fingerprintOf(folder, env), syncs: [...syncs] });
  await writeFileAtomically(fileOf(folder), text).catch(() => {});
}
