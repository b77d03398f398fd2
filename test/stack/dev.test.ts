import { existsSync } from 'node:fs';
import { chown, readFile } from 'node:fs/promises';
import path from 'node:path';
import { checkDatabase } from '../../stack/external.ts';
import { openStack } from '../../stack/stack.ts';
import {
  isRunning,
  noting,
  plainEnvironment,
  type RunningCommand,
  stackPids,
  testUnless,
  untilGone,
  withCommand,
  withFolder,
} from '../support/stack.ts';
import { testTemporal } from '../support/temporal.ts';

const up = /Syncline is up/;
const dev = (folder: string): string[] => ['--project', folder, 'dev'];
const stateOf = (folder: string, file: string): string => path.join(folder, '.syncline', file);

async function end(command: RunningCommand, signal: NodeJS.Signals): Promise<number | string> {
  command.child.kill(signal);
  return command.ended();
}

test('a second dev names the first and its addresses, other commands share the first, and Ctrl-C leaves nothing', async () => {
  await withFolder((folder) =>
    withCommand(dev(folder), {}, async (first) => {
      await first.says(up);
      const pids = await stackPids(folder);
      expect(pids).toHaveLength(3);
      await withCommand(dev(folder), {}, async (second) => {
        expect(await second.ended()).toBe(7);
        expect(second.stderr()).toContain(`process ${first.pid}`);
        expect(second.stderr()).toMatch(
          /Temporal 127\.0\.0\.1:\d+, UI http:\/\/127\.0\.0\.1:\d+, PostgreSQL 127\.0\.0\.1:\d+/,
        );
      });
      const shared = await openStack({ projectFolder: folder, progress: noting(), env: plainEnvironment() });
      expect(shared.owned).toBe(false);
      expect(await checkDatabase(shared.databaseUrl)).toMatch(/^18\./);
      await shared.stop();
      expect(first.stdout() + first.stderr()).not.toContain(new URL(shared.databaseUrl).password);

      expect(await end(first, 'SIGINT')).toBe(0);
      for (const pid of pids) expect(await isRunning(pid)).toBe(false);
      for (const file of ['dev.json', 'stack.lock']) expect(existsSync(stateOf(folder, file))).toBe(false);
    }),
  );
});

test('the servers of a dev that was killed end by themselves, and the next one starts', async () => {
  await withFolder(async (folder) => {
    await withCommand(dev(folder), {}, async (killed) => {
      await killed.says(up);
      const pids = await stackPids(folder);
      await end(killed, 'SIGKILL');
      for (const pid of pids) await untilGone(pid);
    });
    await withCommand(dev(folder), {}, async (next) => {
      await next.says(up);
      expect(await end(next, 'SIGTERM')).toBe(0);
      expect(existsSync(stateOf(folder, 'dev.json'))).toBe(false);
    });
  });
});

const noProc = process.platform === 'linux' ? null : 'the guard is found through /proc';

testUnless(noProc, 'servers that outlived both dev and its guard are ended by the next start', async () => {
  await withFolder(async (folder) => {
    const left = await withCommand(dev(folder), {}, async (killed) => {
      await killed.says(up);
      const pids = await stackPids(folder);
      process.kill(await guardOf(killed.pid), 'SIGKILL');
      await end(killed, 'SIGKILL');
      for (const pid of pids) expect(await isRunning(pid)).toBe(true);
      return pids;
    });
    await withCommand(dev(folder), {}, async (next) => {
      await next.says(up);
      for (const pid of left) expect(await isRunning(pid)).toBe(false);
      expect(await end(next, 'SIGINT')).toBe(0);
    });
  });
});

test('a worker that dies is started again, and dev says so', async () => {
  await withFolder((folder) =>
    withCommand(dev(folder), {}, async (command) => {
      await command.says(up);
      const [worker = 0] = (await stackPids(folder)).slice(-1);
      process.kill(worker, 'SIGKILL');
      await command.says(/The worker \(process \d+\) was ended by SIGKILL\. It is started again in 1 s/);
      await command.says(/The worker runs again/);
      const [again = 0] = (await stackPids(folder)).slice(-1);
      expect(again).not.toBe(worker);
      expect(await end(command, 'SIGINT')).toBe(0);
      expect(await isRunning(again)).toBe(false);
    }),
  );
});

test('when a server dies, dev says which, ends the others and answers 5', async () => {
  await withFolder((folder) =>
    withCommand(dev(folder), {}, async (command) => {
      await command.says(up);
      const pids = await stackPids(folder);
      process.kill(pids[0] ?? 0, 'SIGKILL');
      expect(await command.ended()).toBe(5);
      expect(command.stderr()).toContain('STACK_FAILED — the embedded Temporal was ended by SIGKILL');
      for (const pid of pids) expect(await isRunning(pid)).toBe(false);
    }),
  );
});

test('a dev that is interrupted while it starts leaves nothing', async () => {
  await withFolder((folder) =>
    withCommand(dev(folder), {}, async (command) => {
      while (!existsSync(stateOf(folder, 'postgres/process.json')))
        await new Promise((resolve) => setTimeout(resolve, 10));
      const pids = await stackPids(folder);
      expect(await end(command, 'SIGINT')).toBe(0);
      for (const pid of pids) await untilGone(pid);
      expect(existsSync(stateOf(folder, 'dev.json'))).toBe(false);
    }),
  );
});

const notRoot = process.getuid?.() === 0 ? null : 'every other test here runs as a user who is not root';

testUnless(notRoot, 'a user who is not root gets a PostgreSQL of their own', async () => {
  await withFolder(async (folder) => {
    const through = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'];
    await chown(folder, 65534, 65534);
    const env = plainEnvironment({ HOME: folder, XDG_CACHE_HOME: '', TEMPORAL_ADDRESS: testTemporal() });
    await withCommand(['--json', ...dev(folder)], { env, through }, async (command) => {
      await command.says(/"ready": true/);
      const [postgres = 0] = await stackPids(folder);
      const status = await readFile(`/proc/${postgres}/status`, 'utf8');
      expect(status).toMatch(/^Uid:\s+65534\s+65534/m);
      expect(JSON.parse(command.stdout())).toMatchObject({ ready: true, temporal: { address: testTemporal() } });
      expect(await end(command, 'SIGINT')).toBe(0);
    });
  });
});

/** The child of `dev` that runs the program of stack/guard.ts. */
async function guardOf(pid: number): Promise<number> {
  const children = (await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8')).trim().split(' ').map(Number);
  for (const child of children) {
    if ((await readFile(`/proc/${child}/cmdline`, 'utf8')).includes('const watched')) return child;
  }
  throw new Error('dev has no guard');
}
