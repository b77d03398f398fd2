import { isSyncFailure } from '../../model/failure/failure.ts';
import { engineKeys } from '../crypto/engine-keys.ts';
import { type FoundSecret, noSecret, type SecretWorld } from './found.ts';
import { purposeOf, readVault, VAULT_FILE } from './vault-file.ts';

/** An entry of the project's own vault, which `syncline secrets` writes; `previous` while its overlap lasts. */
export async function readFromVault(
  name: string,
  { env, projectFolder }: SecretWorld,
  version: 'latest' | 'previous',
  nowMs: number,
): Promise<FoundSecret> {
  try {
    const entry = (await readVault(projectFolder)).entries[name];
    if (!entry) return noSecret('missing', `the vault ${VAULT_FILE} has no entry ${name}`);
    const previous = entry.previous && Date.parse(entry.previous.until) > nowMs ? entry.previous.value : undefined;
    const sealed = version === 'latest' ? entry.value : previous;
    if (!sealed) return noSecret('missing', `the entry ${name} of the vault has no value before its latest`);
    const ring = await engineKeys(env, projectFolder);
    return { value: ring.open(sealed, purposeOf(name)).toString('utf8') };
  } catch (error) {
    if (isSyncFailure(error)) return noSecret('missing', error.message);
    throw error;
  }
}
