import { resolve } from 'node:path';
import type { ReadSecret, SecretRef } from '../model/connection.ts';
import { SyncFailure } from '../model/failure.ts';
import { readPrivateFile } from './private-file.ts';

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

async function readSecretFile(name: string, { projectFolder }: SecretWorld): Promise<FoundSecret> {
  const found = await readPrivateFile(resolve(projectFolder, name), 'secret file', name);
  if ('text' in found) return { value: found.text };
  return { fault: found.fault === 'exposed' ? 'exposed' : 'missing', reason: found.reason };
}
