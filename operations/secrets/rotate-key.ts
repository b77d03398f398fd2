import { z } from 'zod';
import { listed, withNewKey } from '../../platform/secrets/vault-edit.ts';
import type { OperationContext } from '../context.ts';
import { vaultListing } from '../contracts/vault-listing.ts';
import { operation } from '../operation.ts';
import { changeVault, sealingKeys } from './vault.ts';

/** Renews no value: seals every entry anew with the first key of the engine, whose id is `key`. Throws when one does not open. */
export const rotateVaultKey = operation({
  name: 'secrets.rotateKey',
  effect: 'acts',
  input: z.object({}),
  document: z.object({ entries: z.array(vaultListing).readonly(), key: z.string().nullable() }),
  target: () => null,
  async work(context: OperationContext) {
    const ring = await sealingKeys(context);
    const vault = await changeVault(context, (before) => withNewKey(before, ring));
    return { entries: listed(vault, ring), key: ring.current };
  },
});
