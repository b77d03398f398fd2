import { referenceText, type SecretProviderName, type SecretRef, secretShown } from '../../model/connection/secret.ts';
import { readVariable } from './environment.ts';
import { readSecretFile } from './file.ts';
import { type FoundSecret, noSecret, type SecretWorld } from './found.ts';
import { secretsOfProcess } from './known.ts';
import { readFromKv } from './kv.ts';
import { readFromProgram } from './program.ts';
import { readFromVault } from './vault.ts';

/** Reads a secret from where it is. Its value is remembered for redaction before anybody else sees it. */
export async function findSecret(
  ref: SecretRef,
  world: SecretWorld,
  version: 'latest' | 'previous' = 'latest',
): Promise<FoundSecret> {
  const found = await read(ref, world, version);
  if ('value' in found) secretsOfProcess.note(found.value, secretShown(ref));
  return found;
}

async function read(ref: SecretRef, world: SecretWorld, version: 'latest' | 'previous'): Promise<FoundSecret> {
  if ('vault' in ref) return readFromVault(ref.vault, world, version, Date.now());
  if ('kv' in ref) {
    const token = await findSecret(ref.token, world);
    return 'value' in token ? readFromKv(ref, world, token.value, version) : token;
  }
  if (version === 'previous') return noSecret('missing', `${referenceText(ref)} has no value before its latest`);
  if ('env' in ref) return readVariable(ref.env, world);
  if ('file' in ref) return readSecretFile(ref.file, world);
  return readFromProgram(ref, world);
}

/** Providers that are asked without leaving this machine, so that `check` may look whether the secret is there. */
export const isLocal = (provider: SecretProviderName): boolean => provider !== 'kv' && provider !== 'exec';
