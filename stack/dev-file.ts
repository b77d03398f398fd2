import { readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { writeFileAtomically } from '../platform/foundation/atomic-file.ts';
import { processIdentity } from '../platform/foundation/process-identity.ts';
import type { StackAddresses } from './addresses.ts';

/** What a running `dev` tells the other commands of its project. Holds a password: readable by its owner only. */
const devFile = z.object({
  pid: z.int().positive(),
  identity: z.string(),
  started: z.string(),
  temporalAddress: z.string(),
  namespace: z.string(),
  uiUrl: z.string().nullable(),
  databaseUrl: z.string(),
});
export type RunningDev = z.infer<typeof devFile>;

const fileOf = (stateFolder: string): string => path.join(stateFolder, 'dev.json');

export async function writeDevFile(stateFolder: string, addresses: StackAddresses): Promise<void> {
  const running: RunningDev = {
    pid: process.pid,
    identity: (await processIdentity(process.pid)) ?? '',
    started: new Date().toISOString(),
    temporalAddress: addresses.temporalAddress,
    namespace: addresses.namespace,
    uiUrl: addresses.uiUrl,
    databaseUrl: addresses.databaseUrl,
  };
  await writeFileAtomically(fileOf(stateFolder), `${JSON.stringify(running, null, 2)}\n`, 0o600);
}

/** The `dev` that runs for this project. Null when there is none, also when one has left its file behind. */
export async function readRunningDev(stateFolder: string): Promise<RunningDev | null> {
  const text = await readFile(fileOf(stateFolder), 'utf8').catch(() => null);
  if (text === null) return null;
  const read = parse(text);
  return read !== null && (await processIdentity(read.pid)) === read.identity ? read : null;
}

function parse(text: string): RunningDev | null {
  try {
    return devFile.parse(JSON.parse(text));
  } catch {
    return null;
  }
}

export const removeDevFile = (stateFolder: string): Promise<void> => rm(fileOf(stateFolder), { force: true });
