import type { RunningServer } from './server.ts';

/** The options `--name value` of a program of the demo. Throws on anything else. */
export function programOptions(names: readonly string[]): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  const words = process.argv.slice(2);
  for (let i = 0; i < words.length; i += 2) {
    const name = words[i]?.replace(/^--/, '');
    const value = words[i + 1];
    if (name === undefined || value === undefined || !names.includes(name))
      throw new Error(`Usage: ${names.map((known) => `--${known} VALUE`).join(' ')}`);
    found.set(name, value);
  }
  return found;
}

/** The number of an option; undefined when it was not given. */
export function numberOption(options: ReadonlyMap<string, string>, name: string): number | undefined {
  const text = options.get(name);
  if (text === undefined) return undefined;
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value) || value < 0) throw new Error(`--${name} must be a number.`);
  return value;
}

/**
 * Says on stdout, in one JSON line, where the program listens, and runs until it is told to stop.
 * With `whileStdinOpen` it also ends when its parent is gone, however that died.
 */
export async function announce(server: RunningServer, whileStdinOpen: boolean): Promise<void> {
  process.stdout.write(`${JSON.stringify({ url: server.url, port: server.port, pid: process.pid })}\n`);
  const stop = () => void server.close().then(() => process.exit(0));
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);
  if (whileStdinOpen) process.stdin.once('end', stop).resume();
}
