import { readdir, readFile, writeFile } from 'node:fs/promises';

/** Seconds of processor time and MiB of memory at the peak, of a program and what it started. */
export interface Usage {
  readonly cpuS: number;
  readonly peakMiB: number;
}

/** Ticks a second of /proc: 100 on every Linux in use. */
const TICKS = 100;

interface Process {
  readonly pid: number;
  readonly parent: number;
  readonly command: string;
  /** Of itself and of its children that have ended. */
  readonly cpuS: number;
}

/** Every process of this machine (Linux, /proc). */
export async function processes(): Promise<readonly Process[]> {
  const pids = (await readdir('/proc')).map(Number).filter(Number.isInteger);
  const found = await Promise.all(pids.map(processOf));
  return found.filter((one) => one !== undefined);
}

async function processOf(pid: number): Promise<Process | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  // The name stands in parentheses and may hold anything, also a parenthesis.
  const end = stat.lastIndexOf(')');
  if (end < 0) return undefined;
  const fields = stat.slice(end + 2).split(' ');
  const ticks = [11, 12, 13, 14].reduce((sum, field) => sum + Number(fields[field]), 0);
  const command = (await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')).replaceAll('\0', ' ');
  return { pid, parent: Number(fields[1]), command, cpuS: ticks / TICKS };
}

/** The process and all below it. */
export function family(all: readonly Process[], pid: number): readonly Process[] {
  return all.filter((one) => one.pid === pid || isBelow(all, one, pid));
}

function isBelow(all: readonly Process[], { parent }: Process, pid: number): boolean {
  if (parent === pid) return true;
  const above = all.find((one) => one.pid === parent);
  return above !== undefined && above.pid > 1 && isBelow(all, above, pid);
}

/** The largest process of the family counts: PostgreSQL's share their memory. */
export async function usageOf(pid: number): Promise<Usage> {
  const members = family(await processes(), pid);
  const peaks = await Promise.all(members.map((one) => peakMiB(one.pid)));
  return { cpuS: members.reduce((sum, one) => sum + one.cpuS, 0), peakMiB: Math.max(0, ...peaks) };
}

export async function peakMiB(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  return Math.round(Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024);
}

/** The peak counts from now on. */
export async function forgetPeak(pid: number): Promise<void> {
  await writeFile(`/proc/${pid}/clear_refs`, '5').catch(() => undefined);
}
