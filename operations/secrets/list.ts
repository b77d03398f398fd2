import { z } from 'zod';
import { engineKeys } from '../../platform/crypto/engine-keys.ts';
import { listed } from '../../platform/secrets/vault-edit.ts';
import { readVault } from '../../platform/secrets/vault-file.ts';
import { vaultListing } from '../contracts/vault-listing.ts';
import { operation } from '../operation.ts';

/** The entries of the project's vault: when they were set, and whether their key is at hand. Never a value. */
export const listSecrets = operation({
  name: 'secrets.list',
  effect: 'reads',
  input: z.object({}),
  document: z.object({ entries: z.array(vaultListing).readonly() }),
  target: () => null,
  async work({ projectFolder, env }) {
    const ring = await engineKeys(env, projectFolder);
    return { entries: listed(await readVault(projectFolder), ring) };
  },
});
