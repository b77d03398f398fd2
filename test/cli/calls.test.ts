import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { promisify } from 'node:util';
import { curlLines } from '../../cli/calls/curl.ts';
import type { CallDetail } from '../../model/connection/call.ts';
import { keyring } from '../../platform/crypto/keyring.ts';
import { openLedger } from '../../platform/ledger/ledger.ts';
import { createHttpClient } from '../../platform/outbound/client.ts';
import { inCallContext } from '../../platform/outbound/journal/call-context.ts';
import { openJournal } from '../../platform/outbound/journal/journal.ts';
import { knownSecrets } from '../../platform/secrets/known.ts';
import { commandLine } from '../support/command-line.ts';
import { withDatabase } from '../support/database.ts';
import { paperProject, withProject } from '../support/temp-project.ts';
import { testTemporal } from '../support/temporal.ts';
import { connectionTo, secretsOf, silentLog } from '../support/tools.ts';
import { json, withServer } from '../support/with-server.ts';

const run = promisify(execFile);
const key = randomBytes(32);

const detail: CallDetail = {
  url: 'https://shop.example/o?access_token=[redacted]&name=O%27Neil&tags[]=a',
  requestHeaders: { authorization: 'Bearer [secret:SHOP_TOKEN]', host: 'x', 'x-note': "it's `id` $(id)" },
  responseHeaders: {},
  timing: {},
  keys: [],
  requestBody: { text: '{"note":"it\'s $HOME","email":"[redacted]"}', bytes: 40, cut: false },
  responseBody: null,
};

describe('a call as a command', () => {
  test('says what was said, with secrets as variables and nothing that a shell would run', async () => {
    const { lines, notes } = curlLines({ method: 'POST', requestBytes: 40 }, detail);
    const script = `curl() { printf '%s\\n' "$@"; }\n${lines.join('\n')}`;
    const env = { PATH: process.env['PATH'], SHOP_TOKEN: 'tok en', SECRET: 'hush', HOME: '/nowhere' };
    const { stdout } = await run('/bin/sh', ['-c', script], { env });
    expect(stdout.trimEnd().split('\n')).toEqual([
      ...['-g', '-X', 'POST', 'https://shop.example/o?access_token=hush&name=O%27Neil&tags[]=a'],
      ...['-H', 'authorization: Bearer tok en', '-H', "x-note: it's `id` $(id)"],
      ...['--data-binary', '{"note":"it\'s $HOME","email":"hush"}'],
    ]);
    expect(notes[0]).toBe('set first: SECRET, SHOP_TOKEN');
  });

  test('takes a body that was cut from a file, and says so', () => {
    const cut = { ...detail, requestBody: { text: '{"a":', bytes: 90_000, cut: true } };
    const { lines, notes } = curlLines({ method: 'POST', requestBytes: 90_000 }, cut);
    expect(lines.at(-1)?.trim()).toBe('--data-binary @body');
    expect(notes.at(-1)).toContain('90000 bytes');
  });
});

test('list, show and curl tell of a call what may be told, and only with the key', async () => {
  await withProject(paperProject(), (folder) =>
    withDatabase((databaseUrl) =>
      withServer(
        (_, response) => json(response, { message: '\u001b[2Jgone', token: 'canary-answer' }, 422),
        async ({ address }) => {
          const ledger = await openLedger(databaseUrl);
          const secrets = knownSecrets();
          secrets.note('canary-token', '[secret:SHOP_TOKEN]');
          const journal = openJournal({
            calls: ledger.calls,
            keys: async () => keyring([key]),
            secrets,
            log: silentLog,
          });
          const connection = connectionTo({ address }, { auth: { kind: 'bearer', token: { env: 'SHOP_TOKEN' } } });
          const readSecret = secretsOf({ SHOP_TOKEN: 'canary-token' });
          const http = createHttpClient({ connection, readSecret, log: silentLog, clock: Date, journal });
          const signal = new AbortController().signal;
          const send = (path: string, keys: readonly string[]) =>
            http.request(
              { method: 'PUT', path, route: '/o/{key}', body: '{"id":1}', keys, signal },
              { sync: 'orders', hidden: [] },
            );
          await inCallContext({ run: 'r1', batch: 2, step: 'deliverBatch' }, () => send('/o/k-1', ['k-1']));
          await send('/o/k-2', ['k-2']);
          http.close();
          await journal.close();
          await ledger.close();

          const calls = (args: readonly string[], sealedWith: Buffer | null = key) =>
            commandLine(['calls', ...args, '--project', folder], {
              env: {
                TEMPORAL_ADDRESS: testTemporal(),
                DATABASE_URL: databaseUrl,
                ...(sealedWith && { SYNCLINE_KEY: sealedWith.toString('base64') }),
              },
            });
          const list = await calls(['list', 'orders', '--failed']);
          expect(list).toMatchObject({ code: 0 });
          expect(list.stdout).toMatch(/shop .*deliverBatch 2 .*PUT \/o\/\{key\} .*422/);
          const found = JSON.parse((await calls(['list', 'shop', '--key', 'k-1', '--json'])).stdout);
          expect(found.calls).toMatchObject([{ run: 'r1', status: 422, keys: 1 }]);
          const id: string = found.calls[0].id;

          const show = await calls(['show', id]);
          expect(show.stdout).toContain(`PUT ${address}/o/k-1`);
          expect(show.stdout).toContain('sync orders, run r1, batch 2, step deliverBatch');
          expect(show.stdout).toContain('{"message":"\\u001b[2Jgone","token":"[redacted]"}');
          const curl = await calls(['curl', id]);
          expect(curl.stdout).toContain(`-H 'authorization: Bearer '"$SHOP_TOKEN"`);
          for (const { stdout, stderr } of [list, show, curl]) {
            expect(stdout + stderr).not.toContain('canary');
            expect(stdout).not.toContain('\u001b');
          }

          expect(await calls(['show', id], randomBytes(32))).toMatchObject({ code: 3, stdout: '' });
          expect(await calls(['list', 'ordres'])).toMatchObject({
            code: 2,
            stderr: expect.stringContaining('`orders`'),
          });
          expect(await calls(['show', '4711'])).toMatchObject({ code: 2 });
          expect(await calls(['list', 'orders', '--slow', 'long'])).toMatchObject({ code: 2 });
        },
      ),
    ),
  );
}, 150_000);
