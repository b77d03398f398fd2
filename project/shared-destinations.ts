import type { LoadedSync } from '../model/sync/project.ts';
import type { Problem } from '../model/text/problem.ts';
import { unreachableWorld } from './delivery.ts';

/** What names the place that a sync writes to; undefined where that is not known. */
function placeOf(loaded: LoadedSync): string | undefined {
  const { place } = loaded.openDestination(unreachableWorld);
  return place === undefined ? undefined : JSON.stringify([loaded.destinationConnection.name, place]);
}

/** The names of the other syncs that write to the same place. */
export function syncsSharing(sync: LoadedSync, syncs: Iterable<LoadedSync>): readonly string[] {
  const place = placeOf(sync);
  if (place === undefined) return [];
  return [...syncs].flatMap((other) => (other.name !== sync.name && placeOf(other) === place ? [other.name] : []));
}

/** Syncs that write to one place: where both have a key, each writes over the other, and newest wins in neither. */
export function sharedDestinations(syncs: Iterable<LoadedSync>): readonly Problem[] {
  const first = new Map<string, string>();
  const problems: Problem[] = [];
  for (const loaded of syncs) {
    const id = placeOf(loaded);
    if (id === undefined) continue;
    const other = first.get(id);
    if (other === undefined) first.set(id, loaded.name);
    else
      problems.push({
        severity: 'warning',
        code: 'DESTINATION_SHARED',
        file: loaded.file,
        sync: loaded.name,
        message: `\`${other}\` also writes to \`${loaded.openDestination(unreachableWorld).place}\` of \`${loaded.destinationConnection.name}\`: a key that both have is written by whoever comes last.`,
        next: 'Let one sync write each record, or keep their keys apart.',
      });
  }
  return problems;
}
