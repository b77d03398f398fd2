import { z } from 'zod';

const folds = z.enum(['lower', 'upper', 'trim', 'no-leading-zeros']);
type FoldName = z.output<typeof folds>;

/** How a destination makes one key of several: one way, or a list of them. */
export const keyAs = z
  .union([folds, z.array(folds)])
  .default([])
  .transform((one) => [one].flat());

/** The key as the destination knows it: what is one to it becomes one text. */
export type Fold = (key: string) => string;

/** Blanks go first: they may hide the zeros. The order in which the ways are stated does not matter. */
export const foldOf =
  (ways: readonly FoldName[]): Fold =>
  (key) => {
    const trimmed = ways.includes('trim') ? key.trim() : key;
    const bare = ways.includes('no-leading-zeros') ? trimmed.replace(/^0+(?=[\p{L}\p{N}])/u, '') : trimmed;
    if (ways.includes('lower')) return bare.toLowerCase();
    return ways.includes('upper') ? bare.toUpperCase() : bare;
  };
