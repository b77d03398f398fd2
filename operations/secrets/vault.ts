import { vaultName } from '../../model/connection/secret.ts';
import { isSyncFailure, refusal, type SyncFailure } from '../../model/failure/failure.ts';
import { didYouMean } from '../../model/text/near-name.ts';
import { engineKeys, ensureEngineKey } from '../../platform/crypto/engine-keys.ts';
import type { Keyring } from '../../platform/crypto/keyring.ts';
import { createStateFolder } from '../../platform/foundation/state-folder.ts';
import { editVault, listed, type VaultListing } from '../../platform/secrets/vault-edit.ts';
import { readVault, type Vault } from '../../platform/secrets/vault-file.ts';
import type { OperationContext } from '../context.ts';

/** Changes the vault, one at a time. Throws VAULT_BUSY. */
export async function changeVault(
  { projectFolder }: OperationContext,
  change: (vault: Vault) => Vault,
): Promise<Vault> {
  try {
    return await editVault(projectFolder, change);
  } catch (error) {
    if (!isSyncFailure(error) || error.code !== 'FILE_BUSY') throw error;
    throw refusal('VAULT_BUSY', 'another command is writing the vault');
  }
}

/** The keys to seal with. A project without any gets its own, as the embedded stack would make it. */
export async function sealingKeys({ projectFolder, env, progress }: OperationContext): Promise<Keyring> {
  const ring = await engineKeys(env, projectFolder);
  const isNew = Object.keys((await readVault(projectFolder)).entries).length === 0;
  if (ring.current !== null || !isNew) return ring;
  await createStateFolder(projectFolder);
  await ensureEngineKey(env, projectFolder);
  progress.note('A key was made: .syncline/key. Keep a copy of it: without it nobody can read the vault.');
  return engineKeys(env, projectFolder);
}

/** A name as it has to be. What was given is not repeated: it may be a value in the wrong place. */
export function named(name: string): string {
  if (vaultName.safeParse(name).success) return name;
  throw refusal('USAGE', 'the name of an entry has 1 to 64 of a-z, 0-9, `.`, `-` and `_`');
}

/** The name of an entry that is there. */
export function known(vault: Vault, name: string): string {
  if (Object.hasOwn(vault.entries, named(name))) return name;
  throw unknown(vault, name);
}

/** The entry that was written. */
export function entryOf(vault: Vault, ring: Keyring, name: string): VaultListing {
  const entry = listed(vault, ring).find((one) => one.name === name);
  if (entry === undefined) throw unknown(vault, name);
  return entry;
}

function unknown(vault: Vault, name: string): SyncFailure {
  const hint = didYouMean(name, Object.keys(vault.entries));
  return refusal(
    'USAGE',
    `the vault has no entry of this name.${hint}`,
    hint === '' ? { todo: '{secrets.list} lists them.' } : {},
  );
}
