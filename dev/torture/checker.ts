import type { YardClass } from './project.ts';

/** What the checker looks at. It knows the source's truth, the destination's journal and the public tables. */
export interface Evidence {
  readonly promise: YardClass;
  readonly truth: readonly { readonly id: string; readonly version: number; readonly value?: string | undefined }[];
  readonly journal: readonly { readonly id: string; readonly version: number }[];
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
  /** After the last run, when nothing may be missing any more. */
  readonly final: boolean;
}

/** Every promise that was broken, in words. Pure. */
export function breaches(evidence: Evidence): string[] {
  return [conservation, cursorBehind, noDouble, newestWins, oneWriter, nothingLost, nothingInDoubt]
    .flatMap((check) => check(evidence))
    .map((words) => `${evidence.promise}: ${words}`);
}

function conservation({ runs }: Evidence): string[] {
  const of = (counts: Readonly<Record<string, number>>, name: string) => counts[name] ?? 0;
  return runs.flatMap(({ id, counts }) => {
    if (counts === null || Object.keys(counts).length === 0) return [];
    const buckets = ['delivered', 'unchanged', 'filtered', 'quarantined', 'superseded'];
    const left = of(counts, 'fetched') - buckets.reduce((sum, name) => sum + of(counts, name), 0);
    return left === 0 ? [] : [`invariant 1, conservation: run ${id} leaves ${left} records`];
  });
}

function cursorBehind({ truth, journal, quarantined, watermark, answers }: Evidence): string[] {
  if (watermark === null) return [];
  const there = new Set(journal.map(({ id, version }) => `${id}@${version}`));
  const passed = truth.filter(
    ({ id, version }) => version <= watermark && !there.has(`${id}@${version}`) && !quarantined.has(id),
  );
  return passed.length > answers.skip
    ? [`invariant 2, cursor behind: ${passed.length} records up to ${watermark} are nowhere, such as ${passed[0]?.id}`]
    : [];
}

/** T3 may write the same content twice; T5 only when a person said so. */
function noDouble({ promise, journal, answers }: Evidence): string[] {
  if (promise === 't3') return [];
  const seen = new Set<string>();
  const doubled = journal.filter(({ id, version }) => seen.has(`${id}@${version}`) || !seen.add(`${id}@${version}`));
  const allowed = promise === 't5' ? answers.retry : 0;
  return doubled.length > allowed
    ? [`invariant 4, no double effect: ${doubled.length} doubled, such as ${doubled[0]?.id}@${doubled[0]?.version}`]
    : [];
}

function newestWins({ journal }: Evidence): string[] {
  const newest = new Map<string, number>();
  return journal.flatMap(({ id, version }) => {
    const before = newest.get(id) ?? 0;
    newest.set(id, version);
    return version < before ? [`invariant 5, newest wins: ${id} went back from ${before} to ${version}`] : [];
  });
}

function oneWriter({ runs }: Evidence): string[] {
  const inOrder = [...runs].sort((a, b) => a.startedMs - b.startedMs);
  return inOrder.flatMap((run, index) => {
    const next = inOrder[index + 1];
    const overlaps = next !== undefined && (run.endedMs === null || next.startedMs < run.endedMs);
    return overlaps ? [`invariant 7, one writer: run ${next.id} began before ${run.id} had ended`] : [];
  });
}

function nothingLost({ truth, journal, answers, final }: Evidence): string[] {
  if (!final) return [];
  const held = new Map(journal.map(({ id, version }) => [id, version]));
  const good = truth.filter(({ value }) => value !== undefined && value !== 'refuse');
  const lost = good.filter(({ id, version }) => held.get(id) !== version);
  return lost.length > answers.skip
    ? [`nothing lost: ${lost.length} records, such as ${lost[0]?.id}@${lost[0]?.version}`]
    : [];
}

const nothingInDoubt = ({ doubts, final }: Evidence): string[] =>
  final && doubts > 0 ? [`invariant 3, intent first: ${doubts} requests were never settled`] : [];
