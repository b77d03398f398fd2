/** How slowly a body may come before it is given up. */
export interface MinimumRate {
  readonly bytesPerSecond: number;
  /** Over which stretch it is measured. */
  readonly windowMs: number;
}

/**
 * Of every answer: slower than this no page comes to its end, and the call only holds a slot that others
 * wait for. Counted from the first byte of the body, decompressed: a system may think as long as `timeoutMs` lets it.
 */
export const MINIMUM_RATE: MinimumRate = { bytesPerSecond: 100, windowMs: 10_000 };

const LOOKS = 10;

/**
 * Whether a body is too slow, by how many bytes had come at each look, a tenth of the window apart. By looks and not
 * by the clock: a process that stood still looked once, and has not read what came meanwhile.
 */
export function isTooSlow(bytesAtLooks: readonly number[], { bytesPerSecond, windowMs }: MinimumRate): boolean {
  const before = bytesAtLooks.at(-1 - LOOKS);
  const now = bytesAtLooks.at(-1);
  return before !== undefined && now !== undefined && now - before < (bytesPerSecond * windowMs) / 1000;
}

/** Looks at a body until the function that it gives is called; of one that is too slow it calls `cut`, once. */
export function watchRate(bytes: () => number, rate: MinimumRate, cut: () => void): () => void {
  let looks = [bytes()];
  const timer = setInterval(() => {
    looks = [...looks.slice(-LOOKS), bytes()];
    if (!isTooSlow(looks, rate)) return;
    clearInterval(timer);
    cut();
  }, rate.windowMs / LOOKS);
  return () => clearInterval(timer);
}
