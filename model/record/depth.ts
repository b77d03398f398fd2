import type { Json } from './json.ts';

/** Nothing a business system means is nested deeper; what is, would overflow the stack of those who walk it. */
export const MAX_DEPTH = 100;

/** Whether a value has more levels of lists and objects than `levels`. Called for every record, so lists go by index. */
export function isDeeperThan(value: Json, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (levels === 0) return true;
  if (Array.isArray(value)) {
    for (let index = 0; index < value.length; index++) if (isDeeperThan(value[index], levels - 1)) return true;
    return false;
  }
  const fields = value as Readonly<Record<string, Json>>;
  for (const name in fields) {
    const inner = fields[name];
    if (typeof inner === 'object' && isDeeperThan(inner, levels - 1)) return true;
  }
  return false;
}
