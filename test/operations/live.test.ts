import { X509Certificate } from 'node:crypto';
import { createServer as createTlsServer } from 'node:https';
import path from 'node:path';
import { exitOfLive } from '../../cli/live/exit-of-live.ts';
import type { FailureCode } from '../../model/failure/failure.ts';
import { failures } from '../../model/failure/failure.ts';
import type { Live, LiveConnection, LiveSync } from '../../operations/live/facts.ts';
import { findingsOf } from '../../operations/live/judge.ts';
import { callProject } from '../../operations/live/probe.ts';
import { openLedger } from '../../platform/ledger/ledger.ts';
import { spend, spentNow } from '../../platform/outbound/limits/quota.ts';
import { loadProject } from '../../project/load.ts';
import { commandLine } from '../support/command-line.ts';
import { withDatabase } from '../support/database.ts';
import { hasOpenssl, makeCertificate } from '../support/openssl.ts';
import { withProject } from '../support/temp-project.ts';
import { json, listen, withServer } from '../support/with-server.ts';

const connection: LiveConnection = {
  ...{ name: 'shop', kind: 'rest', says: 'shop: answers', problem: null, status: 200, ms: 12, login: 'accepted' },
  ...{ scopes: null, limits: [], certificate: null, skewMs: 0 },
};
const sync: LiveSync = {
  ...{ name: 'orders', problem: null, records: 10, ready: 10, filtered: 0, rejected: 0, reasons: [], newFields: [] },
};
const problem = (code: FailureCode) => ({ problem: { code, message: 'no', todo: failures[code].todo } });
const live = (more: Partial<LiveConnection>, ofSync: Partial<LiveSync> = {}): Live => ({
  connections: [{ ...connection, ...more }],
  syncs: [{ ...sync, ...ofSync }],
});
const inDays = (daysLeft: number) => ({ certificate: { daysLeft, validTo: '2026-12-01T00:00:00.000Z' } });
const rejects = (rejected: number) => ({
  ...{ rejected, ready: 10 - rejected },
  reasons: [{ code: 'SOURCE_SCHEMA', field: 'total', reason: 'expected number', records: rejected }],
});

describe('what the calls showed', () => {
  test.each([
    ['everything works', live({}), ['ok', 'ok'], 0],
    ['a system is down', live(problem('CONNECTION_REFUSED')), ['failed', 'ok'], 5],
    ['the login is refused', live(problem('AUTH_REJECTED')), ['failed', 'ok'], 6],
    ['a right is missing for the first page', live({}, problem('FORBIDDEN')), ['ok', 'failed'], 6],
    ['a secret is missing', live(problem('SECRET_MISSING')), ['failed', 'ok'], 3],
    ['one is down, another refuses', live(problem('AUTH_REJECTED'), problem('TIMEOUT')), ['failed', 'failed'], 5],
    ['a certificate ends soon', live(inDays(29)), ['warning', 'ok'], 0],
    ['a certificate has time', live(inDays(30)), ['ok', 'ok'], 0],
    ['clocks differ much', live({ skewMs: -31_000 }), ['warning', 'ok'], 0],
    ['clocks differ little', live({ skewMs: 30_000 }), ['ok', 'ok'], 0],
    ['some records would be set aside', live({}, rejects(3)), ['ok', 'warning'], 0],
    ['no record fits', live({}, rejects(10)), ['ok', 'failed'], 3],
    ['there is nothing to read', live({}, { records: 0, ready: 0 }), ['ok', 'ok'], 0],
  ])('is judged when %s', (_when, facts, states, exit) => {
    expect(findingsOf(facts).map(({ state }) => state)).toEqual(states);
    expect(exitOfLive(facts)).toBe(exit);
  });
});

const project = (address: string, auth: string) => ({
  'connections.yaml': `shop:\n  kind: rest\n  address: ${address}\n  probe: /me\n  network: private\n${auth}books:\n  kind: files\n  folder: books\n`,
  'mappings/order.ts': `import { map } from 'syncline';
import { z } from 'zod';
const Order = z.object({ id: z.string(), total: z.number() });
export const order = map(Order, Order, (from) => ({ id: from.id, total: from.total }));`,
  'syncs/orders.ts': `import { defineSync } from 'syncline';
import files from 'syncline/connectors/files';
import rest from 'syncline/connectors/rest';
import { order } from '../../mappings/order.ts';
export default defineSync({
  source: rest.source('shop', { path: '/orders', pagination: { kind: 'page-number' } }),
  key: 'id',
  mapping: order,
  destination: files.destination('books', { path: 'orders.jsonl', format: 'jsonl', key: 'id' }),
});`,
  'books/.keep': '',
});

describe('the calls of check --live', () => {
  test('are those of the connection: they count, may touch the reserve, and are not made when nothing is left', async () => {
    await withDatabase(async (url) => {
      await withServer(
        (_, response) => json(response, []),
        async ({ address, requests }) => {
          await withProject(project(address, '  limits: { perDay: 40 }\n'), async (folder) => {
            const ledger = await openLedger(url);
            try {
              const quota = { units: 40, windowMs: 86_400_000 };
              const spent = () =>
                ledger.connections.change('shop', (state, nowMs) => ({
                  state,
                  answer: spentNow(quota, state.day, nowMs),
                }));
              await ledger.connections.change('shop', (state, nowMs) => ({
                state: { ...state, day: spend(quota, state.day, 38, nowMs) },
                answer: undefined,
              }));
              const env = { DATABASE_URL: url };
              const call = async () => callProject(await loadProject(folder, env), env);
              const shopOf = ({ connections }: Live) => connections.find(({ name }) => name === 'shop');
              expect(shopOf(await call())).toMatchObject({ status: 200, problem: null });
              expect(await spent()).toBe(40);
              expect(requests.length).toBe(2);
              expect(shopOf(await call())).toMatchObject({ status: null, problem: { code: 'QUOTA_SPENT' } });
              expect(requests.length).toBe(2);
            } finally {
              await ledger.close();
            }
          });
        },
      );
    });
  });

  (hasOpenssl ? test : test.skip)(
    'know the certificate of a system with an authority of its own, and how many days it has left',
    async () => {
      await withProject({}, async (certificates) => {
        const { certFile, pems } = makeCertificate(certificates, 'shop', { days: 9 });
        const server = await listen(createTlsServer(pems, (_, response) => json(response, [])));
        const address = `https://127.0.0.1:${server.port}`;
        const check = async (tls: string) => {
          const files = project(address, tls);
          return withProject(files, async (folder) => {
            const { code, stdout } = await commandLine(['check', '--live', '--json', '--project', folder]);
            return { code, shop: JSON.parse(stdout).live.connections[0] };
          });
        };
        try {
          const known = await check(`  tls: { ca: { file: ${certFile} } }\n`);
          expect(known).toMatchObject({ code: 0, shop: { problem: null, status: 200, certificate: { daysLeft: 8 } } });
          const until = new X509Certificate(pems.cert).validTo;
          expect(known.shop.certificate.validTo).toBe(new Date(until).toISOString());
          const unknown = await check('');
          expect(unknown).toMatchObject({ code: 5, shop: { problem: { code: 'TLS_FAILED' } } });
          expect(unknown.shop.problem.message).toContain('connection shop');
        } finally {
          await server.close();
        }
      });
    },
  );
});

describe('check --live', () => {
  test('asks each system once for what it tells of itself, and reads one page of each sync without writing', async () => {
    await withServer(
      (request, response) => {
        const headers = {
          ...{ date: new Date(Date.now() + 3_600_000).toUTCString(), 'x-oauth-scopes': 'orders:read' },
          ...{ ratelimit: '"minute";r=59;t=30', 'ratelimit-policy': '"minute";q=60;w=60' },
        };
        const orders = [
          { id: 'a', total: 1, rebate: 2 },
          { id: 'b', total: 'canary' },
        ];
        json(response, request.url?.startsWith('/orders') ? orders : {}, 200, headers);
      },
      async ({ address, requests }) => {
        const auth = '  auth: { kind: bearer, token: { env: SHOP_TOKEN } }\n';
        await withProject(project(address, auth), async (folder) => {
          const env = { SHOP_TOKEN: 'canary-token' };
          const facts = await callProject(await loadProject(folder, env), env);
          expect(facts.connections.find(({ name }) => name === 'shop')).toMatchObject({
            ...{ status: 200, login: 'accepted', scopes: 'orders:read', certificate: null, problem: null },
            limits: [{ left: 59, units: 60 }],
          });
          const skewMs = facts.connections.find(({ name }) => name === 'shop')?.skewMs ?? 0;
          expect(Math.abs(skewMs - 3_600_000)).toBeLessThan(60_000);
          expect(facts.syncs).toMatchObject([
            { name: 'orders', records: 2, ready: 1, rejected: 1, reasons: [{ field: 'total' }], newFields: ['rebate'] },
          ]);
          expect([...requests].sort()).toEqual(['GET /me', 'GET /orders?page=1']);

          const told = await commandLine(['check', '--live', '--project', folder], { env });
          expect(told).toMatchObject({ code: 0 });
          expect(told.stdout).toMatch(/shop +200 in \d+ ms +accepted \(orders:read\) +minute 59\/60/);
          expect(told.stdout).toMatch(/orders +2 +1 +0 +1 +SOURCE_SCHEMA total/);
          expect(told.stdout).toContain('orders: not in the source schema: rebate');
          expect(told.stdout + told.stderr).not.toContain('canary');
          await expect(
            import('node:fs/promises').then(({ readdir }) => readdir(path.join(folder, 'books'))),
          ).resolves.toEqual(['.keep']);
        });
      },
    );
  });

  test('ends with 6 where the credentials are refused, 5 where nobody answers, 3 where the files are wrong', async () => {
    await withServer(
      (_, response) => json(response, {}, 401, { 'www-authenticate': 'Bearer scope="orders:read"' }),
      async ({ address, close }) => {
        await withProject(project(address, ''), async (folder) => {
          const check = async (...more: string[]) => {
            const { code, stdout } = await commandLine(['check', '--live', '--json', '--project', folder, ...more]);
            return { code, live: JSON.parse(stdout).live };
          };
          const refused = await check();
          expect(refused.code).toBe(6);
          expect(refused.live.connections[0]).toMatchObject({
            ...{ login: 'refused', scopes: 'missing: orders:read', problem: { code: 'AUTH_REJECTED' } },
          });
          expect(refused.live.syncs).toEqual([]);
          await close();
          expect((await check()).code).toBe(5);
        });
        await withProject({ 'connections.yaml': 'shop: { kind: nosuch }\n' }, async (folder) => {
          const wrong = await commandLine(['check', '--live', '--json', '--project', folder]);
          expect(wrong.code).toBe(3);
          expect(JSON.parse(wrong.stdout)).not.toHaveProperty('live');
        });
      },
    );
  });
});
