import { z } from 'zod';

/** What one worker has of the calls that a connection allows at once. */
export const workerSchema = z.object({
  /** Calls that it may have under way. */
  held: z.number(),
  /** Calls that it has under way or would begin. */
  wants: z.number(),
  /** When it last held some: who has waited longest comes first. */
  turnMs: z.number(),
  /** It is presumed dead after this, and what it held is free. */
  untilMs: z.number(),
});
export type Workers = Readonly<Record<string, z.infer<typeof workerSchema>>>;

/** A worker that says nothing for this long is presumed dead. */
const SILENT_MS = 10_000;

export interface Share {
  readonly worker: string;
  readonly running: number;
  readonly wants: number;
}

/** Workers that have been heard of lately. */
const living = (workers: Workers, nowMs: number): Workers =>
  Object.fromEntries(Object.entries(workers).filter(([, { untilMs }]) => untilMs > nowMs));

/**
 * Divides what is allowed at once: no worker gets more than it wants, and what is left over goes to the others in equal
 * parts. A worker never gets what another still holds, and holds what it has under way even where it may begin no more:
 * `may` is how many it may have under way from now on.
 */
export function share(
  workers: Workers,
  { worker, running, wants }: Share,
  total: number,
  nowMs: number,
): { readonly workers: Workers; readonly may: number } {
  const others = Object.entries(living(workers, nowMs)).filter(([name]) => name !== worker);
  const mine = workers[worker];
  const free = total - others.reduce((sum, [, { held }]) => sum + held, 0);
  const claims = [
    ...others.map(([name, claim]) => ({ name, wants: claim.wants, turnMs: claim.turnMs })),
    { name: worker, wants, turnMs: mine?.turnMs ?? nowMs },
  ];
  const may = Math.max(0, Math.min(fairShares(claims, total).get(worker) ?? 0, free));
  const held = Math.max(running, may);
  const rest = Object.fromEntries(others);
  if (wants === 0 && held === 0) return { workers: rest, may };
  const turnMs = held > 0 ? nowMs : (mine?.turnMs ?? nowMs);
  return { workers: { ...rest, [worker]: { held, wants, turnMs, untilMs: nowMs + SILENT_MS } }, may };
}

interface Claim {
  readonly name: string;
  readonly wants: number;
  readonly turnMs: number;
}

/** One each in turn, who waited longest first, until all is given or nobody wants more. */
function fairShares(claims: readonly Claim[], total: number): Map<string, number> {
  const shares = new Map<string, number>();
  let left = total;
  let open = [...claims].sort((a, b) => a.turnMs - b.turnMs || (a.name < b.name ? -1 : 1));
  while (left > 0 && open.length > 0) {
    const each = Math.max(1, Math.floor(left / open.length));
    for (const { name, wants } of open) {
      const more = Math.min(each, left, wants - (shares.get(name) ?? 0));
      shares.set(name, (shares.get(name) ?? 0) + more);
      left -= more;
    }
    open = open.filter(({ name, wants }) => (shares.get(name) ?? 0) < wants);
  }
  return shares;
}
