import { copyFile, readFile } from 'node:fs/promises';
import { createServer } from 'node:https';
import { join } from 'node:path';
import type { TLSSocket } from 'node:tls';
import type { ClientCertificate } from '../../model/connection/auth.ts';
import { isSyncFailure } from '../../model/failure/failure.ts';
import { createHttpClient } from '../../platform/outbound/client.ts';
import { createReadSecret } from '../../platform/secrets/read.ts';
import { hasOpenssl, makeCertificate } from '../support/openssl.ts';
import { withProject } from '../support/temp-project.ts';
import { connectionTo, silentLog } from '../support/tools.ts';
import { json, listen } from '../support/with-server.ts';

(hasOpenssl ? test : test.skip)(
  'a client certificate is shown from its files, also with a passphrase, and a renewed one from the next connection on',
  async () => {
    await withProject({}, async (folder) => {
      for (const name of ['server', 'one', 'two']) makeCertificate(folder, name);
      makeCertificate(folder, 'locked', { passphrase: 'canary-passphrase' });
      const pem = (file: string) => readFile(join(folder, file), 'utf8');
      const server = createServer(
        {
          key: await pem('server.key'),
          cert: await pem('server.crt'),
          ca: await Promise.all(['one.crt', 'two.crt', 'locked.crt'].map(pem)),
          requestCert: true,
          rejectUnauthorized: true,
        },
        ({ socket }, response) => json(response, { who: (socket as TLSSocket).getPeerCertificate().subject.CN }),
      );
      const { port, close } = await listen(server);
      const readSecret = createReadSecret({ env: { PASSPHRASE: 'canary-passphrase' }, projectFolder: folder });
      const shown = async (clientCertificate?: ClientCertificate): Promise<unknown> => {
        const http = createHttpClient({
          connection: connectionTo(
            { address: `https://127.0.0.1:${port}` },
            { tls: { caFile: join(folder, 'server.crt') }, ...(clientCertificate && { clientCertificate }) },
          ),
          readSecret,
          log: silentLog,
          clock: Date,
        });
        const signal = new AbortController().signal;
        const answer = await http.request({ method: 'GET', path: '/who', signal }).then(
          ({ body }) => JSON.parse(body.toString()).who,
          (error: unknown) => (isSyncFailure(error) ? `${error.code} ${error.message}` : error),
        );
        http.close();
        return answer;
      };
      const pair = (name: string): ClientCertificate => ({
        certificate: { file: `${name}.crt` },
        key: { file: `${name}.key` },
      });
      try {
        expect(await shown(pair('one'))).toBe('one');
        expect(await shown({ ...pair('locked'), passphrase: { env: 'PASSPHRASE' } })).toBe('locked');
        expect(await shown()).toMatch(/^(TLS_FAILED|CONNECTION_LOST) /);
        expect(await shown({ ...pair('locked'), passphrase: { env: 'GONE' } })).toMatch(/^SECRET_MISSING /);
        expect(await shown(pair('locked'))).toMatch(/^TLS_FAILED .* do not fit together/);
        expect(await shown({ ...pair('one'), key: { file: 'two.key' } })).toMatch(/^TLS_FAILED .* do not fit together/);
        await copyFile(join(folder, 'two.crt'), join(folder, 'one.crt'));
        await copyFile(join(folder, 'two.key'), join(folder, 'one.key'));
        expect(await shown(pair('one'))).toBe('two');
      } finally {
        await close();
      }
    });
  },
);
