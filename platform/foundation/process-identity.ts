import { execFile } from 'node:child_process';
import { readFile, readlink } from 'node:fs/promises';
import { promisify } from 'node:util';
import { errorCode } from '../../model/failure/error-code.ts';

const run = promisify(execFile);

/** A process as it may be written down, and known again later. */
export interface ProcessMark {
  readonly pid: number;
  /** Tells the process from every other one that has had its pid; null where that cannot be known. */
  readonly identity: string | null;
  /** The boot and PID namespace in which the pid means something; null where that cannot be known. */
  readonly space: string | null;
}

/** What there is of a pid in this space: `hidden` when something has it that may not be looked at. */
export type PidSight = { readonly identity: string } | 'none' | 'hidden';

export type Presence = 'runs' | 'gone' | 'unknown';

/** Whether a process still runs, as seen from a space. Pure. */
export function presence(mark: ProcessMark, here: string | null, seen: PidSight): Presence {
  if (mark.space === null || mark.space !== here) return 'unknown';
  if (seen === 'none') return 'gone';
  if (seen === 'hidden' || mark.identity === null) return 'unknown';
  return seen.identity === mark.identity ? 'runs' : 'gone';
}

export const presenceOf = async (mark: ProcessMark): Promise<Presence> =>
  presence(mark, (await ownMark()).space, await sightOf(mark.pid));

let own: Promise<ProcessMark> | undefined;

/** The mark of this process. */
export function ownMark(): Promise<ProcessMark> {
  own ??= makeOwnMark();
  return own;
}

const makeOwnMark = async (): Promise<ProcessMark> => ({
  pid: process.pid,
  identity: await processIdentity(process.pid),
  space: await (process.platform === 'linux' ? linuxSpace() : bootSession()).catch(() => null),
});

/** Each container has its own pids: 7 is a worker in many of them (namespaces(7), pid_namespaces(7)). */
const linuxSpace = async (): Promise<string> => `${await bootId()}/${await readlink('/proc/self/ns/pid')}`;

const bootId = async (): Promise<string> => (await readFile('/proc/sys/kernel/random/boot_id', 'utf8')).trim();

/** macOS has no PID namespaces; Windows has no such program. */
const bootSession = async (): Promise<string> => (await run('sysctl', ['-n', 'kern.bootsessionuuid'])).stdout.trim();

/**
 * A text that is the same for one process all its life and never again: a pid alone is given out anew. Null when no
 * such process runs, or none that can be looked at; a zombie does not run.
 */
export async function processIdentity(pid: number): Promise<string | null> {
  const seen = await sightOf(pid);
  return typeof seen === 'string' ? null : seen.identity;
}

const sightOf = (pid: number): Promise<PidSight> => (process.platform === 'linux' ? fromProc(pid) : fromPs(pid));

async function fromProc(pid: number): Promise<PidSight> {
  try {
    const [stat, boot] = await Promise.all([readFile(`/proc/${pid}/stat`, 'utf8'), bootId()]);
    // The name stands in brackets and may hold spaces: the fields are counted from behind it.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const [state, startTicks] = [fields[0], fields[19]];
    return state === 'Z' || state === 'X' || startTicks === undefined ? 'none' : { identity: `${boot}/${startTicks}` };
  } catch {
    return unseen(pid);
  }
}

async function fromPs(pid: number): Promise<PidSight> {
  try {
    const { stdout } = await run('ps', ['-o', 'state=,lstart=', '-p', String(pid)], {
      env: { ...process.env, LC_ALL: 'C' },
    });
    const [state, ...started] = stdout.trim().split(/\s+/);
    return state === undefined || state.startsWith('Z') ? 'none' : { identity: started.join(' ') };
  } catch {
    return unseen(pid);
  }
}

/** Processes of other users may be hidden (`hidepid`), but a signal tells whether there is one. */
function unseen(pid: number): PidSight {
  try {
    process.kill(pid, 0);
    return 'hidden';
  } catch (error) {
    return errorCode(error) === 'ESRCH' ? 'none' : 'hidden';
  }
}

/** The command line of a process, for telling a recycled pid from our own server; empty when it is not known. */
export async function commandLine(pid: number): Promise<string> {
  try {
    if (process.platform === 'linux') return (await readFile(`/proc/${pid}/cmdline`, 'utf8')).replaceAll('\0', ' ');
    return (await run('ps', ['-o', 'command=', '-p', String(pid)])).stdout;
  } catch {
    return '';
  }
}
