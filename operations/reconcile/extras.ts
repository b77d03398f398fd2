import type { Comparison } from '../../engine/compare/compare.ts';
import { refusal } from '../../model/failure/failure.ts';
import type { LoadedSync } from '../../model/sync/project.ts';
import { deleteLimitsOf } from '../../model/sync/sync.ts';

/** More than this is no remainder of something: another way has to be found. */
export const MOST_EXTRAS = 10_000;

const SHOWN = 5;

/** Refuses to remove extra records where the sync, its destination or the person has not said that it may be done. */
export function mayRemoveExtras({ name, sync }: Pick<LoadedSync, 'name' | 'sync'>, repairs: boolean): void {
  if (!repairs) throw refusal('USAGE', 'extra records are removed by a repair only');
  if (deleteLimitsOf(sync) === null)
    throw refusal('DELETES_IGNORED', `\`${name}\` deletes nothing: its file does not say how (\`deletes\`)`, {
      todo: "Say `deletes: 'delete'`, or which fields mark a record as deleted.",
    });
}

/** Answers whether there is something to remove, and that it is wanted. */
export function extrasToRemove({ by, extra, extras }: Comparison, confirmed: boolean): boolean {
  if (by !== 'checksums')
    throw refusal('EXTRAS_UNKNOWN', 'only a destination with `verify: checksums` can tell which records are extra');
  if (extra > MOST_EXTRAS)
    throw refusal(
      'TOO_MANY_EXTRAS',
      `${extra.toLocaleString('en')} records are extra, more than the ${MOST_EXTRAS.toLocaleString('en')} that are removed at once`,
      { todo: 'Does something else write to the same place?' },
    );
  if (extra > 0 && !confirmed)
    throw refusal(
      'NOT_CONFIRMED',
      `${extra.toLocaleString('en')} records that the ledger does not know would be removed, such as ${extras
        .slice(0, SHOWN)
        .map(({ id }) => id)
        .join(', ')}; nothing was changed`,
    );
  return extra > 0;
}
