import { z } from 'zod';
import { withRenewed } from '../../platform/secrets/vault-edit.ts';
import type { OperationContext } from '../context.ts';
import { vaultListing } from '../contracts/vault-listing.ts';
import { operation } from '../operation.ts';
import { changeVault, entryOf, known, sealingKeys } from './vault.ts';

/**
 * Renews an entry of the vault. The value before is kept for `overlapMs`, in which a 401 makes the engine try it. Throws
 * USAGE when there is no such entry.
 */
export const rotateSecret = operation({
  name: 'secrets.rotate',
  effect: 'acts',
  input: z.object({ name: z.string(), value: z.string().min(1), overlapMs: z.number().min(0) }),
  document: vaultListing,
  target: () => null,
  async work(context: OperationContext, { name, value, overlapMs }) {
    const ring = await sealingKeys(context);
    const times = { nowMs: Date.now(), overlapMs };
    const vault = await changeVault(context, (before) => withRenewed(before, known(before, name), value, ring, times));
    return entryOf(vault, ring, name);
  },
});
