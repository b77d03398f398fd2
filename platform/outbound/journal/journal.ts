import { setImmediate as nextTurn } from 'node:timers/promises';
import { type JournalSettings, journalOf } from '../../../model/connection/call.ts';
import type { Log } from '../../../model/connector/connector.ts';
import { isSyncFailure } from '../../../model/failure/failure.ts';
import type { Keyring } from '../../crypto/keyring.ts';
import type { CallRow } from '../../ledger/connections/calls.ts';
import type { Ledger } from '../../ledger/ledger.ts';
import type { KnownSecrets } from '../../secrets/known.ts';
import { type SeenCall, sealDetail } from './entry.ts';
import { type Redactor, Redactors } from './redact.ts';
import { type Losses, Waiting, type WaitingLimits } from './waiting.ts';

/** Takes note of calls. Never throws, never waits: who calls a system does not wait for the journal. */
export interface Journal {
  note(seen: SeenCall): void;
  /** Writes what is noted so far, within `limitMs`, and stops. */
  close(limitMs?: number): Promise<void>;
}

export interface JournalParts {
  readonly calls: Pick<Ledger['calls'], 'insert' | 'prune'>;
  /** Asked once, when the first entries are written. */
  readonly keys: () => Promise<Keyring>;
  readonly secrets: KnownSecrets;
  readonly log: Log;
  readonly limits?: Partial<JournalLimits>;
}

export interface JournalLimits extends WaitingLimits {
  readonly flushMs: number;
  readonly pruneMs: number;
}

const defaults: JournalLimits = { entries: 10_000, bodyBytes: 32 * 1024 * 1024, flushMs: 500, pruneMs: 300_000 };

/** Entries written in one statement. */
const WRITTEN_AT_ONCE = 100;

/**
 * The journal of a process. Calls are noted in memory, at the cost of a few references; redacting, compressing, sealing
 * and writing happen in batches beside the work, a few entries at a time. What it cannot keep up with is given up in
 * this order: bodies, then entries; both are counted, said in the log, and marked on the entry that comes next.
 */
export function openJournal(parts: JournalParts): Journal {
  const limits = { ...defaults, ...parts.limits };
  const queue = new Waiting(limits);
  const redactors = new Redactors(parts.secrets);
  const kept = new Map<string, JournalSettings>();
  let writing: Promise<void> | undefined;
  let stopped = false;
  let ring: Keyring | undefined;

  const write = async (): Promise<void> => {
    if (queue.length === 0) return;
    ring ??= await readKeys(parts);
    for (let chunk = queue.first(WRITTEN_AT_ONCE); chunk.length > 0; chunk = queue.first(WRITTEN_AT_ONCE)) {
      const rows: CallRow[] = [];
      for (const { seen, ...facts } of chunk) {
        rows.push({
          ...rowOf(seen),
          ...facts,
          detail: await detailOf(seen, redactors.of(seen.connection, seen.use?.hidden), ring),
        });
        await nextTurn();
      }
      await parts.calls.insert(rows);
      queue.written(chunk.length);
    }
    report(queue.takeLosses(), parts.log);
  };
  const flush = (): Promise<void> => {
    writing ??= write()
      .catch((error: unknown) => {
        // What could not be written stays in the queue, which is bounded.
        parts.log.warn({ code: isSyncFailure(error) ? error.code : 'INTERNAL' }, 'the journal could not be written');
      })
      .finally(() => {
        writing = undefined;
      });
    return writing;
  };
  const prune = (): Promise<unknown> =>
    parts.calls.prune(kept).catch((error: unknown) => {
      parts.log.warn({ code: isSyncFailure(error) ? error.code : 'INTERNAL' }, 'old calls could not be removed');
    });
  const timers = [setInterval(() => void flush(), limits.flushMs), setInterval(() => void prune(), limits.pruneMs)];
  for (const timer of timers) timer.unref();

  return {
    note(seen) {
      if (stopped) return;
      kept.set(seen.connection.name, journalOf(seen.connection));
      queue.add(seen);
      if (queue.length === WRITTEN_AT_ONCE) void flush();
    },
    async close(limitMs = 5_000) {
      stopped = true;
      for (const timer of timers) clearInterval(timer);
      await writing;
      const late = new Promise<void>((resolve) => setTimeout(resolve, limitMs).unref());
      await Promise.race([flush(), late]);
    },
  };
}

async function readKeys({ keys, log }: JournalParts): Promise<Keyring> {
  const ring = await keys();
  if (ring.current === null)
    log.warn({}, 'the journal keeps no addresses, headers and bodies: there is no key to encrypt them with');
  return ring;
}

/** An entry without a key to seal with keeps its facts only. */
async function detailOf(seen: SeenCall, redact: Redactor, keys: Keyring): Promise<Buffer | null> {
  return keys.current === null ? null : sealDetail(seen, redact, keys);
}

const rowOf = (seen: SeenCall): Omit<CallRow, 'detail' | 'bodiesDropped' | 'lostBefore'> => ({
  at: new Date(seen.atMs).toISOString(),
  connection: seen.connection.name,
  sync: seen.use?.sync ?? null,
  run: seen.run,
  batch: seen.batch,
  step: seen.step,
  method: seen.method,
  route: seen.route,
  status: seen.status,
  code: seen.code,
  ms: seen.ms,
  requestBytes: seen.requestBytes,
  responseBytes: seen.responseBytes,
  keys: seen.keys,
  keepDays: journalOf(seen.connection).keepDays,
});

function report({ bodies, entries }: Losses, log: Log): void {
  if (bodies + entries === 0) return;
  log.warn({ bodiesDropped: bodies, entriesLost: entries }, 'the journal could not keep up');
}
