import type { Destination } from '../connector/connector.ts';

/** Whether writing again what the ledger has forgotten doubles it: the destination neither shows what it has nor replaces it. */
export const repeatsBlindly = ({ can, read }: Pick<Destination, 'can' | 'read'>): boolean =>
  read === undefined && !can.upsert && !can.transaction;
