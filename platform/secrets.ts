import { open } from 'node:fs/promises';
import { resolve } from 'node:path';
import process from 'node:process';
import type { ReadSecret, SecretRef } from '../model/connection.ts';
import { errorCode } from '../model/error-code.ts';
import { SyncFailure } from '../model/failure.ts';

/** What a provider needs of the world. */
export interface SecretWorld {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Relative paths of secret files start here. */
  readonly projectFolder: string;
}

export type SecretFault = 'missing' | 'exposed';

/** A secret, or why there is none: the fault and a sentence that names the reference, never the value. */
export type FoundSecret = { readonly value: string } | { readonly fault: SecretFault; readonly reason: string };

/** Reads what a reference names. A new kind of store (vault, a command) is one more entry of the table. */
export type SecretProvider = (name: string, world: SecretWorld) => Promise<FoundSecret>;

export const secretProviders: Readonly<Record<SecretProviderName, SecretProvider>> = {
  env: readVariable,
  file: readSecretFile,
};

export type SecretProviderName = SecretRef extends infer Ref ? (Ref extends unknown ? keyof Ref : never) : never;

/** Reads secrets anew at each call, so that a rotated one is used without a restart. Throws SECRET_MISSING. */
export function createReadSecret(world: SecretWorld): ReadSecret {
  return async (ref) => {
    const found = await findSecret(ref, world);
    if ('value' in found) return found.value;
    throw new SyncFailure('SECRET_MISSING', found.reason, { effect: 'none' });
  };
}

export async function findSecret(ref: SecretRef, world: SecretWorld): Promise<FoundSecret> {
  if ('env' in ref) return secretProviders.env(ref.env, world);
  return secretProviders.file(ref.file, world);
}

async function readVariable(name: string, { env }: SecretWorld): Promise<FoundSecret> {
  const value = env[name];
  if (value) return { value };
  return { fault: 'missing', reason: `the variable ${name} ${value === '' ? 'is empty' : 'is not set'}` };
}

const maxSecretBytes = 64 * 1024;

/** Where container runtimes mount secrets, readable inside the container only whatever their mode says. */
const runtimeFolders = ['/run/secrets/', '/var/run/secrets/'];

async function readSecretFile(name: string, { projectFolder }: SecretWorld): Promise<FoundSecret> {
  const path = resolve(projectFolder, name);
  const missing = (why: string): FoundSecret => ({ fault: 'missing', reason: `the secret file ${name} ${why}` });
  try {
    const handle = await open(path, 'r');
    try {
      const found = await handle.stat();
      if (!found.isFile()) return missing('is not a file');
      if (found.size > maxSecretBytes) return missing(`is larger than ${maxSecretBytes} bytes`);
      const isOpenToOthers = process.platform !== 'win32' && (found.mode & 0o044) !== 0;
      if (isOpenToOthers && !runtimeFolders.some((folder) => path.startsWith(folder))) return exposed(name, found.mode);
      const value = (await handle.readFile('utf8')).replace(/\r?\n$/, '');
      return value === '' ? missing('is empty') : { value };
    } finally {
      await handle.close();
    }
  } catch (error) {
    return missing(errorCode(error) === 'ENOENT' ? 'does not exist' : 'cannot be read by this user');
  }
}

function exposed(name: string, mode: number): FoundSecret {
  const octal = (mode & 0o777).toString(8).padStart(4, '0');
  return {
    fault: 'exposed',
    reason: `the secret file ${name} can be read by other users (mode ${octal}): run \`chmod 600 ${name}\``,
  };
}
