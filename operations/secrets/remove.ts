import { z } from 'zod';
import { withoutEntry } from '../../platform/secrets/vault-edit.ts';
import type { OperationContext } from '../context.ts';
import { operation } from '../operation.ts';
import { changeVault, known } from './vault.ts';

/** Removes an entry of the vault: a run that needs it waits with SECRET_MISSING. Throws USAGE when there is no such entry. */
export const removeSecret = operation({
  name: 'secrets.remove',
  effect: 'acts',
  input: z.object({ name: z.string() }),
  document: z.object({ removed: z.string() }),
  target: () => null,
  async work(context: OperationContext, { name }) {
    await changeVault(context, (before) => withoutEntry(before, known(before, name)));
    return { removed: name };
  },
});
