import { seededDraws } from '../../model/text/seeded-draws.ts';

/** Draws that a printed seed repeats. */
export interface Random {
  /** From 0 to 1. */
  next(): number;
  chance(probability: number): boolean;
  /** A whole number from `min` to `max`. */
  int(min: number, max: number): number;
  pick<const T>(items: readonly [T, ...T[]]): T;
  /** A stream of its own, so that what one part draws does not disturb another. */
  fork(): Random;
}

export function randomOf(seed: number): Random {
  const next = seededDraws(seed);
  const int = (min: number, max: number): number => min + Math.floor(next() * (max - min + 1));
  return {
    next,
    chance: (probability) => next() < probability,
    int,
    pick: (items) => items[int(0, items.length - 1)] ?? items[0],
    fork: () => randomOf(int(1, 2 ** 31)),
  };
}
