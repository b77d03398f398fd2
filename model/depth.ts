import type { Json } from './json.ts';

/** Nothing a business system means is nested deeper; what is, would overflow the stack of those who walk it. */
export const MAX_DEPTH = 100;

/** Whether a value has more levels of lists and objects than `levels`. */
export function isDeeperThan(value: Json, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (levels === 0) return true;
  const list = value as Readonly<Record<string, Json>>;
  for (const key in list) {
    const inner = list[key];
    if (typeof inner === 'object' && inner !== null && isDeeperThan(inner, levels - 1)) return true;
  }
  return false;
}
