import { z } from 'zod';

/** What may be known of an entry of the vault without its value; see `VaultListing`. */
export const vaultListing = z.object({
  name: z.string(),
  setAt: z.string(),
  previousUntil: z.string().nullable(),
  readable: z.boolean(),
});
