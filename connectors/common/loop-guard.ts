import { createHash } from 'node:crypto';
import { z } from 'zod';
import { SyncFailure } from '../../index.ts';

/** Pages remembered one by one within a read; a longer loop is found by the trail. */
const MAX_REMEMBERED = 10_000;

/**
 * What a position carries to recognise a loop that is longer than one read: a page seen some steps ago, and when to
 * replace it. The distance doubles each time, so that a loop of any length is found with one remembered page (Brent 1980).
 */
export const trailSchema = z.strictObject({ page: z.string(), steps: z.int().min(0), renewAt: z.int().min(1) });
export type Trail = z.output<typeof trailSchema>;

/** Notices that a source leads back to a page that has been read: reading would never end. */
export class LoopGuard {
  readonly #seen = new Set<string>();
  #trail: Trail | undefined;

  constructor(trail: Trail | undefined) {
    this.#trail = trail;
  }

  /** Notes a page by what identifies it, and answers the trail for its position. Throws CURSOR_LOOP. */
  pass(identity: string, place: string): Trail {
    const page = createHash('sha256').update(identity).digest('base64').slice(0, 16);
    if (this.#seen.has(page) || this.#trail?.page === page)
      throw new SyncFailure('CURSOR_LOOP', `${place} leads back to a page that has been read.`);
    if (this.#seen.size < MAX_REMEMBERED) this.#seen.add(page);
    this.#trail = nextTrail(this.#trail, page);
    return this.#trail;
  }
}

function nextTrail(trail: Trail | undefined, page: string): Trail {
  if (trail === undefined) return { page, steps: 0, renewAt: 1 };
  const steps = trail.steps + 1;
  return steps < trail.renewAt ? { ...trail, steps } : { page, steps: 0, renewAt: trail.renewAt * 2 };
}
