import { whereOf } from '../../model/sync/steering.ts';
import { formatDuration } from '../../model/text/duration.ts';
import type { Seen, SyncSeen } from '../contracts/sync-seen.ts';
import { waitingWords } from '../runs/follow.ts';

type RunFacts = Pick<Seen, 'summary' | 'live'>;

interface SyncFacts extends Pick<SyncSeen, 'standing'> {
  readonly runs: readonly RunFacts[];
}

/** The status to show: of an open run what it does, of one whose workflow has vanished that it was lost. */
export function statusOf({ standing, runs: [latest] }: SyncFacts): string {
  if (latest && latest.summary.endedAt === null) return openStatus(latest);
  if (standing?.pausedAt) return 'paused';
  return latest ? latest.summary.status : 'never run';
}

export function runStatusOf(run: RunFacts): string {
  return run.summary.endedAt === null ? openStatus(run) : run.summary.status;
}

function openStatus({ live }: RunFacts): string {
  if (live === null || live.status !== 'RUNNING') return 'abandoned';
  if (live.state === null) return 'no worker';
  if (live.state.parked) return 'parked';
  if (live.state.paused) return 'paused';
  return live.waiting ? 'waiting' : 'running';
}

/** Why it is so, in one line; empty when all is well. */
export function reasonOf(seen: SyncFacts): string {
  const [latest] = seen.runs;
  if (latest && latest.summary.endedAt === null) return openReason(latest);
  const { pausedAt = null, pauseNote = null } = seen.standing ?? {};
  if (pausedAt !== null) return pauseNote ?? `by a person, ${ago(pausedAt)}`;
  return latest ? failureWords(latest) : '';
}

export const runReasonOf = (run: RunFacts): string =>
  run.summary.endedAt === null ? openReason(run) : failureWords(run);

function openReason({ live }: RunFacts): string {
  if (live?.state === null && live.status === 'RUNNING') return 'no worker answers for this run: is one up?';
  const parked = live?.state?.parked;
  if (parked) return `${parked.code} in ${whereOf(parked)}: ${parked.message}`;
  return live?.waiting ? waitingWords(live.waiting) : '';
}

const failureWords = ({ summary }: RunFacts): string =>
  summary.failureCode === null ? '' : `${summary.failureCode}: ${summary.failure ?? ''}`;

/** What is known of what a run read that went to the end. */
export const deliveredWords = (status: string): string =>
  status === 'succeeded'
    ? 'all that it read is delivered'
    : 'of what it read, some is set aside or not known to be delivered';

/**
 * How far the destination is behind: how long ago the last run began that read its source to the end. What changed since
 * may be missing. Null when there was none.
 */
export const behindMs = ({ standing }: SyncFacts, nowMs: number): number | null =>
  standing?.lastGood ? Math.max(0, nowMs - Date.parse(standing.lastGood.upTo)) : null;

/** With one unit, as a column has little room: `14 min`, `3 h`, `5 d`. */
export function shortDuration(ms: number): string {
  const minutes = ms / 60_000;
  if (minutes < 1) return `${Math.round(ms / 1000)} s`;
  if (minutes < 60) return `${Math.floor(minutes)} min`;
  return minutes < 2880 ? `${Math.floor(minutes / 60)} h` : `${Math.floor(minutes / 1440)} d`;
}

export const ago = (at: string): string => `${formatDuration(Math.max(0, Date.now() - Date.parse(at)))} ago`;
