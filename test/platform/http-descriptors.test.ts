import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { pathToFileURL } from 'node:url';
import { connectionTo } from '../support/tools.ts';
import { json, withServer } from '../support/with-server.ts';

/** Asks once, takes every file descriptor that is left, asks again, gives them back, and asks a third time. */
const program = (connection: object): string => `
import { closeSync, openSync } from 'node:fs';
import { createHttpClient } from ${JSON.stringify(pathToFileURL('dist/platform/outbound/client.js').href)};
const log = { debug() {}, info() {}, warn() {}, error() {} };
const http = createHttpClient({ connection: ${JSON.stringify(connection)}, readSecret: async () => '', log, clock: Date });
const { signal } = new AbortController();
const ask = () =>
  http.request({ method: 'GET', path: '/', signal }).then(({ status }) => String(status), ({ code, effect }) => code + ' ' + effect);
const first = await ask();
const held = [];
try { for (;;) held.push(openSync('/dev/null', 'r')); } catch {}
const starved = await ask();
for (const one of held) closeSync(one);
console.log(JSON.stringify([first, starved, await ask(), held.length > 10]));
http.close();
`;

test('a process without a file descriptor left is told that its call did nothing, and goes on when it has some again', async () => {
  await withServer(
    (_request, response) => json(response, {}, 200, { connection: 'close' }),
    async ({ address, requests }) => {
      const limited = ['-c', 'ulimit -n 512; exec "$0" --input-type=module', process.execPath];
      const child = spawn('sh', limited, { stdio: ['pipe', 'pipe', 'inherit'] });
      child.stdin.end(program(connectionTo({ address })));
      const [said] = await Promise.all([text(child.stdout), once(child, 'close')]);
      expect(JSON.parse(said)).toEqual(['200', 'CONNECTION_REFUSED none', '200', true]);
      expect(requests).toHaveLength(2);
    },
  );
});
