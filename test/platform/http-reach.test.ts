import type { LookupAddress } from 'node:dns';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer as createTlsServer } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Connection } from '../../model/connection/connection.ts';
import { reachOf } from '../../platform/outbound/transport/address-class.ts';
import { guardOf } from '../../platform/outbound/transport/address-guard.ts';
import { hasOpenssl, makeCertificate } from '../support/openssl.ts';
import { connectionTo, doorTo } from '../support/tools.ts';
import { json, listen, withServer } from '../support/with-server.ts';

const get = { method: 'GET', path: '/', signal: new AbortController().signal } as const;

async function outcome(address: string, more: Partial<Connection>, door: Parameters<typeof doorTo>[2] = {}) {
  const http = doorTo(connectionTo({ address }, more), {}, door);
  const result = await http.request(get).then(
    ({ status }) => status,
    (error: unknown) => error,
  );
  http.close();
  return result;
}

describe('where an address leads', () => {
  test.each([
    ['93.184.216.34', 'public'],
    ['2606:4700::1111', 'public'],
    ['127.0.0.1', 'loopback'],
    ['127.9.9.9', 'loopback'],
    ['0.0.0.0', 'loopback'],
    ['::1', 'loopback'],
    ['[::1]', 'loopback'],
    ['::ffff:127.0.0.1', 'loopback'],
    ['::ffff:7f00:1', 'loopback'],
    ['64:ff9b::7f00:1', 'loopback'],
    ['2002:7f00:1::', 'loopback'],
    ['10.1.2.3', 'private'],
    ['172.16.0.1', 'private'],
    ['192.168.1.1', 'private'],
    ['100.64.0.1', 'private'],
    ['fd12::1', 'private'],
    ['64:ff9b::a01:203', 'private'],
    ['169.254.169.254', 'forbidden'],
    ['::ffff:169.254.169.254', 'forbidden'],
    ['64:ff9b::a9fe:a9fe', 'forbidden'],
    ['fe80::1%eth0', 'forbidden'],
    ['224.0.0.1', 'forbidden'],
    ['255.255.255.255', 'forbidden'],
    ['shop.example.com', undefined],
  ])('%s: %s', (address, reach) => {
    expect(reachOf(address)).toBe(reach);
  });
});

describe('a call', () => {
  test.each(['127.0.0.1', 'localhost', '[::ffff:127.0.0.1]', '0x7f.1', '2130706433'])(
    'to the machine itself, written as %s, does not leave unless the connection says so',
    async (host) => {
      await withServer(
        (_, response) => json(response, {}),
        async ({ port, requests }) => {
          const refused = await outcome(`http://${host}:${port}`, { network: 'public' });
          expect(refused).toMatchObject({ code: 'ADDRESS_REFUSED', effect: 'none' });
          expect(String(refused)).toContain('the machine itself');
          expect(requests).toEqual([]);
          if (host.startsWith('[')) return;
          expect(await outcome(`http://${host}:${port}`, { network: 'private' })).toBe(200);
        },
      );
    },
  );

  test('to a link-local address does not leave, whatever the connection says', async () => {
    const refused = await outcome('http://169.254.169.254/latest/meta-data', { network: 'private', plaintext: true });
    expect(refused).toMatchObject({ code: 'ADDRESS_REFUSED' });
  });

  test.each([
    ['http://10.1.2.3', { network: 'private' }, 'unencrypted'],
    ['http://10.1.2.3', { network: 'private', plaintext: true }, undefined],
    ['http://127.0.0.1', { network: 'private' }, undefined],
    ['https://10.1.2.3', {}, 'private network'],
    ['https://10.1.2.3', { network: 'private' }, undefined],
    ['https://shop.example', {}, undefined],
  ] as const)('to %s with %j is refused: %s', (address, rules, words) => {
    const url = new URL(address);
    const check = () => guardOf(rules).check({ ...get, url, route: '/', headers: {} });
    if (words === undefined) expect(check).not.toThrow();
    else expect(check).toThrow(words);
  });
});

describe('a name', () => {
  const lookedUp = (found: LookupAddress[], rules: Parameters<typeof guardOf>[0], all: boolean) =>
    new Promise((resolve) => {
      const system = ((_name: string, _options: object, done: (error: null, found: LookupAddress[]) => void) =>
        done(null, found)) as unknown as NonNullable<Parameters<typeof guardOf>[1]>;
      guardOf(rules, system).lookup.https('shop.example', { all }, (error, address) =>
        resolve(error === null ? address : error.code),
      );
    });
  const at = (address: string): LookupAddress => ({ address, family: address.includes(':') ? 6 : 4 });

  test('that was made to lead into the own network leads nowhere', async () => {
    expect(await lookedUp([at('10.0.0.7'), at('::1')], {}, true)).toBe('ERR_ADDRESS_REFUSED');
    expect(await lookedUp([at('169.254.169.254')], { network: 'private' }, false)).toBe('ERR_ADDRESS_REFUSED');
  });

  test('is reached at those of its addresses that may be', async () => {
    expect(await lookedUp([at('10.0.0.7'), at('93.184.216.34')], {}, true)).toEqual([at('93.184.216.34')]);
    expect(await lookedUp([at('10.0.0.7'), at('93.184.216.34')], {}, false)).toBe('93.184.216.34');
  });
});

(hasOpenssl ? test : test.skip)(
  'a system with an authority of its own is reached when the connection names it, its certificate is noted, and an old TLS is refused',
  async () => {
    const folder = mkdtempSync(join(tmpdir(), 'syncline-authority-'));
    try {
      const { certFile: cert, pems } = makeCertificate(folder, 'shop', { days: 9 });
      const server = createTlsServer({ ...pems, maxVersion: 'TLSv1.2' }, (_, response) => json(response, {}));
      const { port, close } = await listen(server);
      const address = `https://127.0.0.1:${port}`;
      const seen: [string, string, number][] = [];
      const sawCertificate = (connection: string, host: string, validTo: Date) =>
        seen.push([connection, host, Math.round((validTo.getTime() - Date.now()) / 86_400_000)]);
      try {
        expect(await outcome(address, {}, { sawCertificate })).toMatchObject({
          code: 'TLS_FAILED',
          message: expect.stringMatching(
            /^GET 127\.0\.0\.1:\d+ \/ \(connection shop\) .+SELF_SIGNED_CERT\): its subject is shop, its names are IP Address:127\.0\.0\.1, it is valid from .+ GMT to .+ GMT/,
          ),
        });
        const otherName = await outcome(`https://localhost:${port}`, { tls: { caFile: cert } });
        expect(otherName).toMatchObject({
          code: 'TLS_FAILED',
          message: expect.stringMatching(
            /ALTNAME_INVALID\): its subject is shop, its names are IP Address:127\.0\.0\.1, /,
          ),
        });
        expect(await outcome(address, { tls: { caFile: cert } }, { sawCertificate })).toBe(200);
        expect(seen).toEqual([['shop', `127.0.0.1:${port}`, 9]]);
        const tooOld = await outcome(address, { tls: { caFile: cert, minVersion: '1.3' } });
        expect(tooOld).toMatchObject({ code: 'TLS_FAILED' });
        expect(await outcome(address, { tls: { caFile: join(folder, 'gone.pem') } })).toMatchObject({
          code: 'FILE_UNREADABLE',
        });
      } finally {
        await close();
      }
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
);
