import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import type { SyncSeen } from '../../operations/contracts/sync-seen.ts';
import { createOut, type Out } from '../../platform/terminal/out.ts';
import { safeText } from '../../platform/terminal/text.ts';
import type { CliContext } from '../context.ts';
import { syncDocument } from './document.ts';

const EVERY_MS = 2000;

/** To the top left; what a line or the screen held beyond what is written is erased. */
const home = '\u001b[H';
const eraseLine = '\u001b[K';
const eraseBelow = '\u001b[J';

/**
 * Shows the syncs until Ctrl-C. On a terminal the picture is drawn again in its place; elsewhere a line is written for
 * each sync whose status changes, and with `--json` a document on a line.
 */
export async function watch(
  context: CliContext,
  gather: () => Promise<readonly SyncSeen[]>,
  print: (out: Out, seen: readonly SyncSeen[]) => void,
): Promise<void> {
  const gone = context.gone();
  const redraws = !context.json && process.stdout.isTTY === true;
  const said = new Map<string, string>();
  while (!gone.aborted) {
    const seen = await gather();
    if (redraws) process.stdout.write(picture(context, (out) => print(out, seen)));
    else for (const line of changes(context.json, seen, said)) process.stdout.write(`${line}\n`);
    await sleep(EVERY_MS, undefined, { signal: gone }).catch(() => {});
  }
}

function picture({ env }: CliContext, print: (out: Out) => void): string {
  let text = '';
  const stdout = {
    isTTY: true,
    columns: process.stdout.columns,
    write: (part: string) => {
      text += part;
    },
  };
  const out = createOut({ json: false, stdout, stderr: stdout, env });
  out.line(out.style.faint(`${new Date().toISOString().slice(0, 19)}Z, every ${EVERY_MS / 1000} s, Ctrl-C ends`));
  print(out);
  return home + text.replaceAll('\n', `${eraseLine}\n`) + eraseBelow;
}

/** The lines for those whose status is another than was said last. */
export function changes(json: boolean, seen: readonly SyncSeen[], said: Map<string, string>): readonly string[] {
  const lines: string[] = [];
  for (const one of seen) {
    const run = one.runs[0]?.summary.run ?? '';
    const status = `${run} ${one.status}`;
    if (said.get(one.sync) === status) continue;
    said.set(one.sync, status);
    const reason = one.reason ? `: ${safeText(one.reason)}` : '';
    const words = `${new Date().toISOString().slice(0, 19)}Z ${one.sync} ${one.status}${reason}`;
    lines.push(json ? JSON.stringify(syncDocument(one)) : words);
  }
  return lines;
}
