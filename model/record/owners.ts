/** A record that is to be written, and what the destination will know it by. */
export interface KeyClaim {
  readonly key: string;
  readonly identity: string;
}

/**
 * One destination row has one owner: which claims are to what another record has, each with the key of that one. `owners`:
 * by place, who has the row by the ledger's word. It keeps it, unless it is about to move to another row itself; of several
 * that claim what nobody has, the first gets it. `before`: who got what earlier in the batch; it is added to. Pure otherwise.
 */
export function takenClaims(
  claims: readonly KeyClaim[],
  owners: ReadonlyMap<number, string>,
  before: Map<string, string>,
): ReadonlyMap<number, string> {
  const moves = new Map(claims.map(({ key, identity }) => [key, identity]));
  const taken = new Map<number, string>();
  for (const [place, { key, identity }] of claims.entries()) {
    const known = owners.get(place);
    const stays = known !== undefined && (moves.get(known) ?? identity) === identity;
    const owner = stays ? known : (before.get(identity) ?? key);
    if (owner !== key) taken.set(place, owner);
    else before.set(identity, key);
  }
  return taken;
}

/** Whether an id may be the key itself, as a destination spells it: without its letters' case, spaces and zeros before it. */
export const mayBeRespelt = (key: string, id: string): boolean => folded(key) === folded(id);

const folded = (text: string): string =>
  text
    .trim()
    .toLowerCase()
    .replace(/^0+(?=.)/, '');
