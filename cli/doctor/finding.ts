import { failures, isSyncFailure } from '../../model/failure/failure.ts';
import { terminalText } from '../../model/operation/terminal-words.ts';

/** What `doctor` says about one part. */
export interface Finding {
  readonly part: string;
  /** `warning`: it works, or will, but something should be known. `skipped`: it cannot be said now, and why. */
  readonly state: 'ok' | 'warning' | 'failed' | 'skipped';
  /** What was found. */
  readonly found: string;
  /** What to do about it. */
  readonly todo?: string;
}

export const ok = (part: string, found: string): Finding => ({ part, state: 'ok', found });
export const skipped = (part: string, found: string): Finding => ({ part, state: 'skipped', found });
export const warning = (part: string, found: string, todo: string): Finding => ({
  part,
  state: 'warning',
  found,
  todo,
});
export const failed = (part: string, found: string, todo: string): Finding => ({ part, state: 'failed', found, todo });

/** A failure as a finding, with the advice of its code. */
export function failedBy(part: string, error: unknown): Finding {
  if (isSyncFailure(error))
    return failed(part, `${error.code}: ${error.message}`, terminalText(error.todo, error.about));
  return failed(part, error instanceof Error ? error.message : String(error), failures.INTERNAL.todo);
}
