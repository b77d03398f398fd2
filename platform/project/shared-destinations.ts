import type { Problem } from '../../model/problem.ts';
import type { LoadedSync } from '../../model/project.ts';
import { unreachableWorld } from './delivery.ts';

/** Syncs that write to one place: where both have a key, each writes over the other, and newest wins in neither. */
export function sharedDestinations(syncs: Iterable<LoadedSync>): readonly Problem[] {
  const first = new Map<string, string>();
  const problems: Problem[] = [];
  for (const loaded of syncs) {
    const { place } = loaded.openDestination(unreachableWorld);
    if (place === undefined) continue;
    const id = JSON.stringify([loaded.destinationConnection.name, place]);
    const other = first.get(id);
    if (other === undefined) first.set(id, loaded.name);
    else
      problems.push({
        severity: 'warning',
        code: 'DESTINATION_SHARED',
        file: loaded.file,
        sync: loaded.name,
        message: `\`${other}\` also writes to \`${place}\` of \`${loaded.destinationConnection.name}\`: a key that both have is written by whoever comes last.`,
        next: 'Let one sync write each record, or keep their keys apart.',
      });
  }
  return problems;
}
