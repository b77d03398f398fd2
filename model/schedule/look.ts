/**
 * A run that a schedule begins may see the project's files as they were so long ago. Schedules begin many runs in one
 * moment: these share a look, which costs as much as there are files.
 */
export const TICK_MAX_AGE_MS = 2000;

/** How long until no such run is given what was there before the last edit. Times in milliseconds since 1970. */
export const untilSeenMs = (lastEditMs: number, nowMs: number): number =>
  // An edit that another clock puts into the future counts as one of now.
  Math.max(0, Math.min(lastEditMs, nowMs) + TICK_MAX_AGE_MS - nowMs);
