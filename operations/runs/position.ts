import { refusal } from '../../model/failure/failure.ts';
import type { RecordVersion } from '../../model/record/version.ts';
import type { LoadedSync } from '../../model/sync/project.ts';
import type { ReadRange } from '../../model/sync/range.ts';
import { parseMomentMs } from '../../model/text/moment.ts';
import { writtenVersion } from '../../model/version/version-form.ts';
import type { Engine } from '../engine.ts';

const POSITION_GRAMMAR = 'a run whose end it was, a version, an ISO 8601 time, or how long ago, such as `2 hours`';

/** A position as people read it: the ISO time in UTC, or the number. */
export const positionWords = ({ kind, value }: RecordVersion): string => String(writtenVersion({ kind, value }));

/**
 * A position that was written as an argument. A time means the versions from then on where versions are times, and
 * otherwise where the watermark stood at that time.
 */
export async function positionOf(
  { ledger }: Pick<Engine, 'ledger'>,
  { name, sync }: LoadedSync,
  option: string,
  text: string,
  nowMs: number,
): Promise<RecordVersion> {
  const current = await ledger.positions.current(name);
  if (sync.version === undefined)
    throw refusal('NO_POSITIONS', `\`${name}\` has no version field: there is no position to read from`);
  if (current === null)
    throw refusal('NO_POSITIONS', `\`${name}\` has read nothing yet: its next run reads everything`);
  const kept = await ledger.positions.ofRun(name, text);
  if (kept) return kept.watermark;
  if (/^-?\d{1,15}$/.test(text) && current.kind === 'number') return { kind: 'number', value: Number(text) };
  const at = parseMomentMs(text, nowMs);
  if (at === undefined)
    throw refusal('USAGE', `${option} \`${text}\`: expected ${POSITION_GRAMMAR}`, {
      todo: '{positions.list}',
      about: { sync: name },
    });
  if (current.kind === 'time') return { kind: 'time', value: at * 1000 };
  const then = await ledger.positions.at(name, new Date(at).toISOString());
  if (then) return then.watermark;
  throw refusal('NO_POSITIONS', `\`${name}\` had no position at ${new Date(at).toISOString()}`, {
    about: { sync: name },
  });
}

/** What a run over this range would read again, as far as the ledger and the journal know. */
export interface Rereading {
  readonly since: string;
  readonly until: string | null;
  /** Records that the ledger knows in this range; the source may have others. */
  readonly records: number;
  /** By the calls that the last run took for each record; null when none is journalled. */
  readonly calls: number | null;
}

export async function rereading(
  { ledger }: Pick<Engine, 'ledger'>,
  sync: string,
  range: ReadRange,
): Promise<Rereading> {
  const records = await ledger.positions.known(sync, range.since, range.until ?? null);
  const share = await ledger.positions.callsPerRecord(sync);
  return {
    since: positionWords(range.since),
    until: range.until ? positionWords(range.until) : null,
    records,
    calls: share === null ? null : Math.max(1, Math.ceil(records * share)),
  };
}

export function rereadingWords({ since, until, records, calls }: Rereading): string {
  const range = until === null ? `from ${since} on` : `from ${since} until ${until}`;
  const cost = calls === null ? '' : `, about ${calls.toLocaleString('en')} ${calls === 1 ? 'call' : 'calls'}`;
  return `${range}: ${records.toLocaleString('en')} records that the ledger knows${cost}`;
}
