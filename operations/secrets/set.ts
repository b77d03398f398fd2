import { z } from 'zod';
import { withValue } from '../../platform/secrets/vault-edit.ts';
import type { OperationContext } from '../context.ts';
import { vaultListing } from '../contracts/vault-listing.ts';
import { operation } from '../operation.ts';
import { changeVault, entryOf, named, sealingKeys } from './vault.ts';

/** Sets an entry of the project's vault; what it held before is gone. Throws USAGE for a name that no entry can have. */
export const setSecret = operation({
  name: 'secrets.set',
  effect: 'acts',
  input: z.object({ name: z.string(), value: z.string().min(1) }),
  document: vaultListing,
  target: () => null,
  async work(context: OperationContext, { name, value }) {
    const entry = named(name);
    const ring = await sealingKeys(context);
    const vault = await changeVault(context, (before) => withValue(before, entry, value, ring, Date.now()));
    return entryOf(vault, ring, entry);
  },
});
