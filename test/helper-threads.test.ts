import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { promisify } from 'node:util';

const run = promisify(execFile);

const program = `
import { readdir, readFile } from 'node:fs/promises';
import { getPriority } from 'node:os';
import { lowerHelperThreads } from '${new URL('../dist/workers/helper-threads.js', import.meta.url).href}';
const lowered = await lowerHelperThreads();
const threads = await readdir('/proc/self/task');
console.log(JSON.stringify({ lowered, own: getPriority(process.pid), all: threads.map((id) => getPriority(Number(id))) }));
`;

(existsSync('/proc/self/task') ? test : test.skip)(
  'the threads beside the event loop give way to it, and it keeps its priority',
  async () => {
    const { stdout } = await run(process.execPath, ['--input-type=module', '--eval', program]);
    const { lowered, own, all } = JSON.parse(stdout);
    expect(lowered).toBeGreaterThan(3);
    expect(all.filter((priority: number) => priority === own + 10)).toHaveLength(lowered);
    expect(all.filter((priority: number) => priority === own).length).toBeGreaterThanOrEqual(1);
  },
);
