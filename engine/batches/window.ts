/** A batch in the memory of a worker, from the beginning of its fetch until it is delivered. */
export interface HeldBatch {
  readonly run: string;
  /** What it takes, about. */
  readonly bytes: number;
  /** Steps that work on it now: to let go of it would free nothing. */
  readonly steps: number;
  readonly touchedAtMs: number;
}

/** A fetch that has not begun, and what its batch will take, about. */
export interface WaitingFetch {
  readonly run: string;
  readonly bytes: number;
}

export interface Window<Id, Waiting extends WaitingFetch> {
  readonly batches: ReadonlyMap<Id, HeldBatch>;
  /** In the order in which they came. */
  readonly waiting: readonly Waiting[];
  /** For the batches of all runs together. */
  readonly budgetBytes: number;
  /**
   * A batch that no step has touched for so long holds nobody up: its run is parked or paused, its destination slow, or
   * another worker delivers it.
   */
  readonly restMs: number;
  readonly nowMs: number;
}

/** Beyond so many budgets a batch goes even if its next step is about to come. */
const MOST_BUDGETS = 2;

/**
 * Which fetches may begin, and which batches go from memory; whoever needs one of these computes it again. A run that
 * holds nothing always begins, so that none waits for another for ever; another batch of the same run begins when it
 * fits, those first whose runs hold least. Pure.
 */
export function decideWindow<Id, Waiting extends WaitingFetch>({
  batches,
  waiting,
  budgetBytes,
  restMs,
  nowMs,
}: Window<Id, Waiting>): { readonly begin: readonly Waiting[]; readonly evict: readonly Id[] } {
  const idle = [...batches]
    .filter(([, { steps }]) => steps === 0)
    .sort(([, one], [, other]) => one.touchedAtMs - other.touchedAtMs);
  const resting = idle.filter(([, batch]) => isResting(batch, restMs, nowMs));
  const active = idle.slice(resting.length);
  const held = bytesByRun([...batches.values()].filter((batch) => !isResting(batch, restMs, nowMs)));
  let used = sum(batches.values());
  const restingBytes = sum(resting.map(([, batch]) => batch));

  const evict: Id[] = [];
  const makeRoom = (from: [Id, HeldBatch][], limitBytes: number): void => {
    while (used > limitBytes) {
      const [id, batch] = from.shift() ?? [];
      if (id === undefined || batch === undefined) return;
      evict.push(id);
      used -= batch.bytes;
    }
  };

  const begin: Waiting[] = [];
  const start = (fetch: Waiting): void => {
    begin.push(fetch);
    used += fetch.bytes;
    held.set(fetch.run, (held.get(fetch.run) ?? 0) + fetch.bytes);
  };
  // Those that begin in any case come first, so that what has a choice sees the room they leave.
  const others: Waiting[] = [];
  for (const fetch of waiting) {
    if (held.has(fetch.run)) others.push(fetch);
    else start(fetch);
  }
  for (const fetch of others.sort((one, other) => (held.get(one.run) ?? 0) - (held.get(other.run) ?? 0)))
    if (used - restingBytes + fetch.bytes <= budgetBytes) start(fetch);
  makeRoom(resting, budgetBytes);
  makeRoom(active, budgetBytes * MOST_BUDGETS);
  return { begin, evict };
}

/** What one of so many runs at once may make of a batch: two of these are a run's share. */
export const batchShare = (runs: number, budgetBytes: number): number =>
  Math.max(SMALLEST_SHARE_BYTES, budgetBytes / 2 / Math.max(1, runs));

/** Some thousand records: smaller batches would cost more of Temporal than they save memory. */
const SMALLEST_SHARE_BYTES = 4 * 1024 * 1024;

export const isResting = ({ steps, touchedAtMs }: HeldBatch, restMs: number, nowMs: number): boolean =>
  steps === 0 && nowMs - touchedAtMs >= restMs;

function bytesByRun(batches: readonly HeldBatch[]): Map<string, number> {
  const held = new Map<string, number>();
  for (const { run, bytes } of batches) held.set(run, (held.get(run) ?? 0) + bytes);
  return held;
}

function sum(batches: Iterable<HeldBatch>): number {
  let bytes = 0;
  for (const batch of batches) bytes += batch.bytes;
  return bytes;
}
