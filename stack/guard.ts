import { spawn } from 'node:child_process';
import { once } from 'node:events';

/**
 * Ends the servers when their owner dies without having done so, even by SIGKILL: a small process of its own whose
 * standard input is held open by the owner. When that closes, it stops what it has been told of, last started first.
 */
export interface Guard {
  watch(pid: number, stopSignal: NodeJS.Signals, graceMs: number): void;
  forget(pid: number): void;
  close(): Promise<void>;
}

/** Runs as `node -e`, so it uses nothing from outside and is the same in dist and in tests. */
const program = `
const watched = new Map();
const { readFileSync } = require('node:fs');
const alive = (pid) => {
  try { process.kill(pid, 0); } catch (error) { if (error.code !== 'EPERM') return false; }
  // A dead process whose new parent has not fetched its exit code yet still takes signals.
  try { return !/\\) [ZX] /.test(readFileSync('/proc/' + pid + '/stat', 'utf8')); } catch { return process.platform !== 'linux'; }
};
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const send = (pid, signal) => { try { process.kill(pid, signal); } catch {} };
let rest = '';
process.stdin.on('data', (chunk) => {
  const lines = (rest + chunk).split('\\n');
  rest = lines.pop();
  for (const line of lines) {
    const [verb, pid, signal, graceMs] = line.split(' ');
    if (verb === '+') watched.set(Number(pid), { signal, graceMs: Number(graceMs) });
    else watched.delete(Number(pid));
  }
});
process.stdin.on('error', () => {});
process.stdin.on('close', async () => {
  for (const [pid, { signal, graceMs }] of [...watched].reverse()) {
    send(pid, signal);
    for (let waitedMs = 0; alive(pid) && waitedMs < graceMs; waitedMs += 50) await sleep(50);
    if (alive(pid)) send(pid, 'SIGKILL');
  }
});
`;

export function startGuard(): Guard {
  const guard = spawn(process.execPath, ['-e', program], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
    cwd: '/',
  });
  guard.unref();
  guard.stdin.on('error', () => {});
  if ('unref' in guard.stdin && typeof guard.stdin.unref === 'function') guard.stdin.unref();
  return {
    watch: (pid, stopSignal, graceMs) => void guard.stdin.write(`+ ${pid} ${stopSignal} ${graceMs}\n`),
    forget: (pid) => void guard.stdin.write(`- ${pid}\n`),
    async close() {
      if (guard.exitCode !== null || guard.signalCode !== null) return;
      guard.ref();
      guard.stdin.end();
      await once(guard, 'exit');
    },
  };
}
