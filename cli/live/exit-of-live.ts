import { type ExitCode, exitCode } from '../../model/failure/exit-code.ts';
import { exitCodeOf } from '../../model/failure/failure.ts';
import type { Live } from '../../operations/live/facts.ts';

/**
 * 5 when something does not work, 6 when only credentials are refused or lack a right, 3 when only a secret is missing
 * or the records do not fit schema and mapping at all.
 */
export function exitOfLive({ connections, syncs }: Live): ExitCode {
  const exits = new Set(
    [...connections, ...syncs].flatMap(({ problem }) => (problem ? [exitCodeOf(problem.code)] : [])),
  );
  if ([...exits].some((exit) => exit !== exitCode.forbidden && exit !== exitCode.invalid)) return exitCode.unreachable;
  if (exits.has(exitCode.forbidden)) return exitCode.forbidden;
  const nothingFits = syncs.some(({ records, rejected }) => records > 0 && rejected === records);
  return exits.size > 0 || nothingFits ? exitCode.invalid : exitCode.ok;
}
