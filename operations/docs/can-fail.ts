import { type FailureCode, failures, isFailureCode } from '../../model/failure/failure.ts';
import type { DeliveryClass } from '../../model/sync/delivery.ts';
import type { LoadedSync } from '../../model/sync/project.ts';
import { deleteLimitsOf } from '../../model/sync/sync.ts';

/** Failures that only a system reached in this way has. */
const onlyOf: Readonly<Record<string, (code: FailureCode) => boolean>> = {
  postgres: (code) => code.startsWith('SQL_'),
  files: (code) => code.startsWith('FILE_'),
};

/** Neither a run nor a record fails with these: they are answers to a person at the command line. */
const notOfRuns: ReadonlySet<FailureCode> = new Set([
  'STACK_FAILED',
  'STACK_IN_USE',
  'LEDGER_NEWER',
  'SYNC_UNKNOWN',
  'TEMPORAL_UNAVAILABLE',
]);

/** The failures that a run of this sync can meet, by what it is made of. */
export function canFail(loaded: LoadedSync, delivery: DeliveryClass | undefined): readonly FailureCode[] {
  const kinds = [loaded.sourceConnection.kind, loaded.destinationConnection.kind];
  return Object.keys(failures)
    .filter(isFailureCode)
    .filter((code) => {
      if (failures[code].next === 'refuse' || notOfRuns.has(code)) return false;
      if (code === 'DELETE_GUARD') return deleteLimitsOf(loaded.sync) !== null;
      if (code === 'OUTCOME_UNKNOWN') return delivery === undefined || delivery === 'T5';
      const owners = Object.keys(onlyOf).filter((kind) => onlyOf[kind]?.(code));
      return owners.length === 0 || owners.some((kind) => kinds.includes(kind));
    });
}
