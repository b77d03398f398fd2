import { resolve } from 'node:path';
import { readPrivateFile } from '../foundation/private-file.ts';
import { type FoundSecret, noSecret, type SecretWorld } from './found.ts';

/** A file that only its owner can read, such as one that a container runtime mounts. */
export async function readSecretFile(name: string, { projectFolder }: SecretWorld): Promise<FoundSecret> {
  const found = await readPrivateFile(resolve(projectFolder, name), 'secret file', name);
  if ('text' in found) return { value: found.text };
  return noSecret(found.fault === 'exposed' ? 'exposed' : 'missing', found.reason);
}
