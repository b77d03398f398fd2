import { type ExitCode, exitCode } from '../../model/failure/exit-code.ts';
import { refusal } from '../../model/failure/failure.ts';
import type { Engine } from '../../operations/engine.ts';
import type { CliContext } from '../context.ts';
import { usage } from '../errors.ts';

export interface GiveUp {
  readonly reason?: string;
  /** None: all. */
  readonly key: readonly string[];
  readonly yes?: boolean;
}

const NAMED = 20;

/** Leaves what both sides do not agree on as it is at the destination. The reason is kept with each record. */
export async function giveUp(
  { out }: CliContext,
  { ledger: { unagreed } }: Engine,
  sync: string,
  { reason = '', key: keys, yes = false }: GiveUp,
): Promise<ExitCode> {
  if (reason.trim() === '') throw usage('`--give-up` goes with --reason: why the records are left as they are');
  const chosen = keys.length === 0 ? null : keys;
  if (!yes) {
    const open = await unagreed.openKeys(sync, chosen);
    throw refusal(
      'NOT_CONFIRMED',
      `${count(open.length)} would be left as they are at the destination: ${open.slice(0, NAMED).join(', ')}`,
      { todo: 'Add --yes to give them up.' },
    );
  }
  const givenUp = await unagreed.giveUp(sync, chosen, reason.trim());
  out.result({ sync, givenUp }, () => out.line(`Given up: ${count(givenUp)} of ${sync}. The reason is kept.`));
  return exitCode.ok;
}

const count = (records: number): string => `${records.toLocaleString('en')} ${records === 1 ? 'record' : 'records'}`;
