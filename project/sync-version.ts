import { createHash } from 'node:crypto';
import type { Policy } from '../model/sync/policy.ts';
import type { Sync } from '../model/sync/sync.ts';

/** A hash of everything that decides what a sync does: its mapping, endpoints, key, mode and policy. */
export function syncVersion(sync: Sync, policy: Policy): string {
  const { source, destination, key, version, mode, overlap, deletes, onConflict, contract, destinationAlters } = sync;
  const parts = {
    mapping: sync.mapping.version,
    source,
    destination,
    key,
    version,
    mode,
    overlap,
    deletes,
    onConflict,
    contract,
    destinationAlters,
    policy,
  };
  return createHash('sha256').update(canonicalJson(parts)).digest('hex').slice(0, 32);
}

/** JSON with sorted keys, so that their order does not matter. */
function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
}
