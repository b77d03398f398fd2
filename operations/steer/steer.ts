import type { Client } from '@temporalio/client';
import { refusal, type SyncFailure } from '../../model/failure/failure.ts';
import type { Verb } from '../../model/sync/steering.ts';
import type { Ledger } from '../../platform/ledger/ledger.ts';
import { openRunOf } from '../runs/open-run.ts';
import { type Asked, askRun } from './ask-run.ts';

export interface Steered {
  readonly sync: string;
  /** Null when no run was open. */
  readonly run: string | null;
  readonly workflowId: string | null;
  readonly words: string;
}

export interface SteeredEngine {
  readonly client: Client;
  readonly ledger: Pick<Ledger, 'reports' | 'standings'>;
}

/**
 * Asks a sync: its open run and, for `pause` and `resume`, also every run that begins later. Throws
 * NO_OPEN_RUN or REFUSED when there is nothing that could do it.
 */
export async function steer(engine: SteeredEngine, sync: string, verb: Verb, note: string | null): Promise<Steered> {
  const changed = await holdOrLetGo(engine, sync, verb, note);
  const open = await openRunOf(engine, sync);
  if (!open) {
    if (changed === null)
      throw refusal('NO_OPEN_RUN', `\`${sync}\` has no open run`, { todo: '{status}', about: { sync } });
    if (!changed) throw refused(sync, verb === 'pause' ? 'the sync is paused already' : 'the sync is not paused');
    return { sync, run: null, workflowId: null, words: idleWords(verb) };
  }
  const asked = await askRun(engine.client, open.workflowId, verb);
  if (asked.outcome === 'refused' && !changed) throw refused(sync, asked.words);
  return { sync, run: open.run, workflowId: open.workflowId, words: openWords(verb, asked, changed) };
}

/** Whether the sync itself was paused or let go by this; null for a verb that concerns a run only. */
async function holdOrLetGo(
  { ledger }: SteeredEngine,
  sync: string,
  verb: Verb,
  note: string | null,
): Promise<boolean | null> {
  if (verb === 'pause') return ledger.standings.pause(sync, note);
  return verb === 'resume' ? ledger.standings.resume(sync) : null;
}

const idleWords = (verb: Verb): string =>
  verb === 'pause'
    ? 'is paused: no run is open, and the next one waits before its first batch'
    : 'is no longer paused: no run is open, and the next one works as ever';

function openWords(verb: Verb, { outcome, words }: Asked, changed: boolean | null): string {
  if (outcome !== 'refused' || !changed) return words;
  return verb === 'pause' ? `${words}; so is the sync now` : `the sync is no longer paused; ${words}`;
}

const refused = (sync: string, words: string): SyncFailure =>
  refusal('REFUSED', `\`${sync}\`: ${words}`, { todo: '{status}', about: { sync } });
