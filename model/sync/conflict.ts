import { type Json, valueAt } from '../record/json.ts';
import { parseVersion, type RecordVersion } from '../record/version.ts';

/**
 * What happens to a record that the destination refuses because it has another version of it (409, 412). `hold`
 * (default) puts it in quarantine for a person; `source-wins` writes it over what is there; `newestWins` compares the
 * version of the sync with this field of the destination record, and drops what is older. Nothing is ever written over
 * a record that was not looked at first.
 */
export type OnConflict = 'hold' | 'source-wins' | { readonly newestWins: string };

export interface ConflictFacts {
  readonly policy: OnConflict;
  /** What the destination has under the key; undefined for nothing. */
  readonly found: Json | undefined;
  /** What is there says the same as what was to be written. */
  readonly same: boolean;
  readonly ours: RecordVersion | null;
  /** Writes of this record that met a conflict, this one included. */
  readonly met: number;
}

/** `there`: nothing to do. `write`: once more, on what was read. `superseded`: the destination has a newer one. */
export type ConflictVerdict = 'there' | 'write' | 'superseded' | 'hold';

/** A record that others keep changing between the look and the write is left to a person. */
const MOST_CONFLICTS = 3;

/** Decides a conflict from what was read back. Pure. */
export function judgeConflict({ policy, found, same, ours, met }: ConflictFacts): ConflictVerdict {
  if (same) return 'there';
  if (policy === 'hold' || met >= MOST_CONFLICTS) return 'hold';
  if (policy === 'source-wins' || found === undefined) return 'write';
  const theirs = parseVersion(valueAt(found, policy.newestWins));
  if (theirs === undefined || ours === null || theirs.kind !== ours.kind) return 'hold';
  return ours.value >= theirs.value ? 'write' : 'superseded';
}
