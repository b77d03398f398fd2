import { z } from 'zod';
import { failures, isSyncFailure } from '../../model/failure/failure.ts';

/** What is said about one part. `todo` names operations in braces. */
export const finding = z.object({
  part: z.string(),
  /** `warning`: it works, or will, but something should be known. `skipped`: it cannot be said now, and why. */
  state: z.enum(['ok', 'warning', 'failed', 'skipped']),
  found: z.string(),
  /** What to do about it. */
  todo: z.string().exactOptional(),
  /** What those words are about. */
  about: z
    .object({ sync: z.string().exactOptional(), code: z.string().exactOptional(), name: z.string().exactOptional() })
    .exactOptional(),
});
export type Finding = z.output<typeof finding>;

type About = Finding['about'];

const advised =
  (state: Finding['state']) =>
  (part: string, found: string, todo: string, about?: About): Finding => ({
    part,
    state,
    found,
    todo,
    ...(about && { about }),
  });

export const ok = (part: string, found: string): Finding => ({ part, state: 'ok', found });
export const skipped = (part: string, found: string): Finding => ({ part, state: 'skipped', found });
export const warning = advised('warning');
export const failed = advised('failed');

/** A failure as a finding, with the advice of its code. */
export function failedBy(part: string, error: unknown): Finding {
  if (isSyncFailure(error)) return failed(part, `${error.code}: ${error.message}`, error.todo, error.about);
  return failed(part, error instanceof Error ? error.message : String(error), failures.INTERNAL.todo);
}
