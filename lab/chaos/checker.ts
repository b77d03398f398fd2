import type { ChaosClass } from './chaos-class.ts';

/** A record at a version, as `id@version`. */
export type Mark = string;
export const markOf = ({ id, version }: { readonly id: string; readonly version: number }): Mark => `${id}@${version}`;

interface Sighting {
  readonly id: string;
  readonly version: number;
}

/** What the checker looks at. It knows the source's truth, the destination's journal and the ledger's public tables. */
export interface Evidence {
  readonly promise: ChaosClass;
  /** What the source holds; versions are sequence numbers over all its changes and deletions. */
  readonly truth: readonly (Sighting & { readonly value?: string | undefined })[];
  /** What was deleted from the source; `version` is the sequence number of that. */
  readonly deletions: readonly Sighting[];
  /** Every effect, in order. A deletion (`gone`) has the version of the record that was there. */
  readonly journal: readonly (Sighting & { readonly gone?: boolean | undefined })[];
  readonly runs: readonly {
    readonly id: string;
    readonly status: string;
    readonly counts: Readonly<Record<string, number>> | null;
    readonly startedMs: number;
    readonly endedMs: number | null;
  }[];
  readonly watermark: number | null;
  readonly quarantined: ReadonlySet<string>;
  readonly doubts: number;
  /** Answers that a person gave to writes in doubt (T5): each may have cost a record, or doubled one. */
  readonly answers: { readonly retry: number; readonly skip: number };
  /** What such answers of earlier rounds cost: it is known, and cannot excuse anything else. */
  readonly excused: Excused;
  /** Nothing may be missing any more: a run has ended well since the source changed last. */
  readonly final: boolean;
  /** And that run read everything, and was allowed to delete. */
  readonly emptied: boolean;
}

export interface Excused {
  readonly lost: ReadonlySet<Mark>;
  readonly doubled: number;
  /** Writes that a person had sent again. */
  readonly retried: number;
}

/** Every promise that was broken, in words. Pure. */
export function breaches(evidence: Evidence): string[] {
  return [
    conservation,
    cursorBehind,
    noDouble,
    newestWins,
    safeDeletes,
    oneWriter,
    nothingLost,
    nothingLeft,
    nothingInDoubt,
  ]
    .flatMap((check) => check(evidence))
    .map((words) => `${evidence.promise}: ${words}`);
}

/** What the answers of a person have cost up to now: from the next round on it is known. */
export const excusedBy = (evidence: Evidence): Excused => ({
  lost: new Set([...lostOf(evidence), ...nowhereOf(evidence)].map(markOf)),
  doubled: doubledIn(evidence).length,
  retried: evidence.excused.retried + evidence.answers.retry,
});

function conservation({ runs }: Evidence): string[] {
  const of = (counts: Readonly<Record<string, number>>, name: string) => counts[name] ?? 0;
  return runs.flatMap(({ id, counts }) => {
    if (counts === null || Object.keys(counts).length === 0) return [];
    const buckets = ['delivered', 'unchanged', 'filtered', 'quarantined', 'superseded'];
    const left = of(counts, 'fetched') - buckets.reduce((sum, name) => sum + of(counts, name), 0);
    return left === 0 ? [] : [`invariant 1, conservation: run ${id} leaves ${left} records`];
  });
}

function cursorBehind(evidence: Evidence): string[] {
  const { watermark, answers, excused } = evidence;
  const passed = nowhereOf(evidence).filter((one) => !excused.lost.has(markOf(one)));
  return passed.length > answers.skip
    ? [`invariant 2, cursor behind: ${passed.length} records up to ${watermark} are nowhere, such as ${passed[0]?.id}`]
    : [];
}

/** Passed by the watermark, and neither at the destination nor in quarantine. */
function nowhereOf({ truth, journal, quarantined, watermark }: Evidence): readonly Sighting[] {
  if (watermark === null) return [];
  const there = new Set(journal.filter(({ gone }) => !gone).map(markOf));
  return truth.filter((one) => one.version <= watermark && !there.has(markOf(one)) && !quarantined.has(one.id));
}

/** T3 may write the same content twice; T5 only when a person said so. */
function noDouble(evidence: Evidence): string[] {
  const { promise, answers, excused } = evidence;
  const doubled = doubledIn(evidence);
  const allowed = promise === 't5' ? excused.doubled + answers.retry : 0;
  return doubled.length > allowed
    ? [`invariant 4, no double effect: ${doubled.length} doubled, such as ${doubled.at(-1)}`]
    : [];
}

function doubledIn({ promise, journal }: Evidence): Mark[] {
  if (promise === 't3') return [];
  const seen = new Set<Mark>();
  const written = journal.filter(({ gone }) => !gone).map(markOf);
  return written.filter((mark) => seen.has(mark) || !seen.add(mark));
}

function newestWins({ journal }: Evidence): string[] {
  const newest = new Map<string, number>();
  return journal.flatMap(({ id, version }) => {
    const before = newest.get(id) ?? 0;
    newest.set(id, version);
    return version < before ? [`invariant 5, newest wins: ${id} went back from ${before} to ${version}`] : [];
  });
}

/** A record may go from the destination only when the source deleted it after the version that was there. */
function safeDeletes({ journal, deletions }: Evidence): string[] {
  const lastDeleted = new Map(deletions.map(({ id, version }) => [id, version]));
  const wrong = journal.filter(({ id, version, gone }) => gone && (lastDeleted.get(id) ?? 0) < version);
  return wrong.length > 0
    ? [`invariant 6, safe deletes: ${wrong.length} deleted that the source still had, such as ${wrong[0]?.id}`]
    : [];
}

function oneWriter({ runs }: Evidence): string[] {
  const inOrder = [...runs].sort((a, b) => a.startedMs - b.startedMs);
  return inOrder.flatMap((run, index) => {
    const next = inOrder[index + 1];
    const overlaps = next !== undefined && (run.endedMs === null || next.startedMs < run.endedMs);
    return overlaps ? [`invariant 7, one writer: run ${next.id} began before ${run.id} had ended`] : [];
  });
}

function nothingLost(evidence: Evidence): string[] {
  if (!evidence.final) return [];
  const lost = lostOf(evidence).filter((one) => !evidence.excused.lost.has(markOf(one)));
  return lost.length > evidence.answers.skip
    ? [`nothing lost: ${lost.length} records, such as ${lost[0] && markOf(lost[0])}`]
    : [];
}

function lostOf({ truth, journal }: Evidence): readonly Sighting[] {
  const held = heldAfter(journal);
  return truth.filter(
    ({ id, version, value }) => value !== undefined && value !== 'refuse' && held.get(id) !== version,
  );
}

function heldAfter(journal: Evidence['journal']): ReadonlyMap<string, number> {
  const held = new Map<string, number>();
  for (const { id, version, gone } of journal) {
    if (gone) held.delete(id);
    else held.set(id, version);
  }
  return held;
}

/** A write that had arrived and was sent again on a person's word: gone from the source before that, nobody knows of it. */
function nothingLeft({ promise, journal, truth, emptied, answers, excused }: Evidence): string[] {
  if (!emptied) return [];
  const there = new Set(truth.map(({ id }) => id));
  const left = [...heldAfter(journal).keys()].filter((id) => !there.has(id));
  const allowed = promise === 't5' ? excused.retried + answers.retry : 0;
  return left.length > allowed
    ? [`nothing left behind: ${left.length} deleted records are still there, such as ${left[0]}`]
    : [];
}

const nothingInDoubt = ({ doubts, final }: Evidence): string[] =>
  final && doubts > 0 ? [`invariant 3, intent first: ${doubts} requests were never settled`] : [];
