import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client, Connection } from '@temporalio/client';
import { z } from 'zod';
import { openLedger } from '../../platform/ledger/ledger.ts';
import { built } from '../support/built.ts';
import { commandLine } from '../support/command-line.ts';
import { withDatabase } from '../support/database.ts';
import { everythingInHistory, everythingInLedger } from '../support/everything-kept.ts';
import { type GuardedSystem, startGuardedSystem } from '../support/guarded-system.ts';
import { type KvStore, startKvStore } from '../support/kv-store.ts';
import { type OAuthSystem, startOAuthSystem } from '../support/oauth-system.ts';
import { withProject } from '../support/temp-project.ts';
import { testTemporal } from '../support/temporal.ts';

const connections = `
by_query:
  kind: rest
  network: private
  address: \${SYSTEM}/query
  auth: { kind: api-key, query: api_key, value: { vault: api-key } }
by_program:
  kind: rest
  network: private
  address: \${SYSTEM}/basic
  auth: { kind: basic, username: me, password: { exec: [cat, basic.txt] } }
by_signature:
  kind: rest
  network: private
  address: \${SYSTEM}/signed
  auth: { kind: hmac, secret: { kv: signing, field: key }, signs: "{method} {pathAndQuery}" }
by_token:
  kind: rest
  network: private
  address: \${OAUTH}
  auth:
    kind: oauth2
    grant: refresh-token
    tokenUrl: \${OAUTH}/token
    clientId: engine
    clientSecret: { file: client.secret }
    refreshToken: { env: CONSENT }
by_file:
  kind: rest
  network: private
  address: \${SYSTEM}/bearer
  auth: { kind: bearer, token: { file: bearer.secret } }
by_login:
  kind: rest
  network: private
  address: \${SYSTEM}/session
  auth: { kind: session, path: /login, body: { password: { env: LOGIN_PASSWORD } }, token: /token, prefix: "Session " }
`;

const mapping = `
import { map } from 'syncline';
import { z } from 'zod';

const Record = z.object({ id: z.string(), text: z.string().optional() });
export const same = map(Record, z.object({ id: z.string() }), (record) => ({ id: record.id }), { unused: ['text'] });
`;

const syncOf = (source: string, destination: string, records = '/records') => `
import { defineSync } from 'syncline';
import rest from 'syncline/connectors/rest';
import { same } from '../../mappings/same.ts';

export default defineSync({
  source: rest.source('${source}', {
    path: '/orders',
    records: '${records}',
    ${records === '' ? '' : "pagination: { kind: 'next-url', next: '/next' },"}
  }),
  key: 'id',
  mapping: same,
  policy: { retryFirst: '200 ms', retryMax: '1 second' },
  destination: rest.destination('${destination}', {
    path: '/records', key: 'id', concurrency: 1, idempotencyKey: { hours: 24 },
  }),
});
`;

const syncs = {
  'query-to-file': syncOf('by_query', 'by_file'),
  'program-to-login': syncOf('by_program', 'by_login'),
  'signature-to-file': syncOf('by_signature', 'by_file'),
  'token-to-login': syncOf('by_token', 'by_login', ''),
};
const names = Object.keys(syncs);

const files = {
  'connections.yaml': connections,
  'mappings/same.ts': mapping,
  ...Object.fromEntries(Object.entries(syncs).map(([name, code]) => [`syncs/${name}.ts`, code])),
  'client.secret': 'canary-old-client-secret',
  'bearer.secret': 'canary-bearer-of-file',
  'basic.txt': 'canary-old-basic-password',
};

const engineKey = Buffer.alloc(32, 9);

/** What the systems take in the end; each is a canary, and so is every token that they hand out. */
const right = {
  apiKey: 'canary-query-key-0123456789',
  basic: 'canary-basic-password-012345',
  signingKey: 'canary-signing-key-0123456789',
  bearer: 'canary-bearer-of-file',
  password: 'canary-login-password-01234',
};

interface Scene {
  readonly folder: string;
  readonly system: GuardedSystem;
  readonly oauth: OAuthSystem;
  readonly kv: KvStore;
  readonly env: Record<string, string>;
  /** Everything that commands printed so far. */
  said: string;
  /** Runs a command of the program. */
  command(...args: string[]): Promise<string>;
}

test('secrets of every kind are found nowhere, and runs whose credentials were broken lose and double nothing', async () => {
  await withScene(async (scene) => {
    const { system, folder, command } = scene;
    await withWorker(scene, async (worker) => {
      await Promise.all(names.map((sync) => command('run', sync)));
      await untilEach(scene, names, { status: 'parked', code: 'AUTH_REJECTED' });
      expect([...system.stored]).toEqual([]);
      await expectNoCanary(scene, worker.log());

      // Each is mended where it lies. The token of a destination is renewed there in the middle of a run.
      system.onStored = (stored) => {
        if (stored === 4) system.accepted.bearer = 'canary-renewed-bearer-0123';
      };
      await command('secrets', 'set', 'api-key', '--env', 'RIGHT_API_KEY');
      await command('retry', 'query-to-file');
      await untilEach(scene, ['query-to-file'], { status: 'parked', code: 'AUTH_REJECTED' });
      expect(system.storedKeys.length).toBe(4);
      await writeFile(join(folder, 'bearer.secret'), 'canary-renewed-bearer-0123');
      await writeFile(join(folder, 'basic.txt'), `${right.basic}\n`);
      await writeFile(join(folder, 'client.secret'), scene.oauth.clientSecret);
      scene.kv.put('secret/data/signing', { key: right.signingKey });
      await Promise.all(names.map((sync) => command('retry', sync)));
      await untilEach(scene, names, { status: 'succeeded', code: null });

      // Both syncs to a part deliver the same ids, and the one with a token a single record.
      const ofPart = (part: string) =>
        [...system.stored].filter(([key]) => key.startsWith(part)).map(([, times]) => times);
      expect(ofPart('bearer')).toEqual([2, 2, 2, 2, 2, 2]);
      expect(ofPart('session').sort()).toEqual([1, 1, 1, 1, 1, 1, 1]);
      expect(new Set(system.storedKeys).size).toBe(system.storedKeys.length);

      const looks = [['check'], ['doctor'], ['calls', 'list', 'by_query'], ['explain', 'query-to-file', 'r1']];
      const shows = ['1', '20'].map((id) => ['calls', 'show', id]);
      await Promise.all([...looks, ...shows].map((args) => command(...args)));
      await expectNoCanary(scene, worker.log());
    });
  });
}, 400_000);

async function withScene(work: (scene: Scene) => Promise<void>): Promise<void> {
  const system = await startGuardedSystem({ ...right });
  const oauth = await startOAuthSystem();
  const kv = await startKvStore('canary-kv-token-0123456789');
  kv.put('secret/data/signing', { key: 'canary-old-signing-key' });
  const consent = await oauth.consent();
  try {
    await withDatabase((databaseUrl) =>
      withProject(files, async (folder) => {
        for (const file of ['client.secret', 'bearer.secret']) await chmod(join(folder, file), 0o600);
        const env = {
          PATH: process.env['PATH'] ?? '',
          TEMPORAL_ADDRESS: testTemporal(),
          DATABASE_URL: databaseUrl,
          SYNCLINE_PROJECT: folder,
          SYNCLINE_TASK_QUEUE: `test-${randomUUID()}`,
          SYNCLINE_LOG_LEVEL: 'debug',
          SYNCLINE_KEY: engineKey.toString('base64'),
          SYSTEM: system.address,
          OAUTH: oauth.address,
          CONSENT: consent,
          LOGIN_PASSWORD: right.password,
          VAULT_ADDR: kv.address,
          VAULT_TOKEN: 'canary-kv-token-0123456789',
          RIGHT_API_KEY: right.apiKey,
          WRONG_API_KEY: 'canary-wrong-key-0123456789',
        };
        const scene: Scene = {
          folder,
          system,
          oauth,
          kv,
          env,
          said: '',
          async command(...args) {
            const { stdout, stderr } = await commandLine([...args, '--project', folder], { env });
            scene.said += `$ ${args.join(' ')}\n${stdout}${stderr}`;
            return stdout;
          },
        };
        await scene.command('secrets', 'set', 'api-key', '--env', 'WRONG_API_KEY');
        await work(scene);
      }),
    );
  } finally {
    await Promise.all([system.close(), oauth.close(), kv.close()]);
  }
}

async function withWorker(scene: Scene, work: (worker: { log(): string }) => Promise<void>): Promise<void> {
  const program = built('workers/main.js');
  const child: ChildProcess = spawn(process.execPath, [program, '--watch-parent'], {
    env: scene.env,
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let log = '';
  for (const stream of [child.stdout, child.stderr])
    stream?.setEncoding('utf8').on('data', (text: string) => {
      log += text;
    });
  const closed = once(child, 'close');
  try {
    await work({ log: () => log });
  } catch (error) {
    const last = `${scene.said.slice(-2000)}\n${log.slice(-2000)}`;
    throw new Error(`${last}\n${error instanceof Error ? error.stack : error}`);
  } finally {
    child.kill('SIGTERM');
    await closed;
  }
}

const statusDocument = z.object({
  syncs: z.array(
    z.object({
      sync: z.string(),
      status: z.string(),
      parked: z.object({ code: z.string() }).nullish(),
    }),
  ),
});

/** Waits until the latest run of each of these syncs is as wanted, as a person would look at it. */
async function untilEach(
  scene: Scene,
  syncs: readonly string[],
  wanted: { readonly status: string; readonly code: string | null },
): Promise<void> {
  for (;;) {
    const text = await scene.command('status', '--json');
    const all = statusDocument.parse(JSON.parse(text)).syncs.filter(({ sync }) => syncs.includes(sync));
    expect(all.filter(({ status }) => ['failed', 'cancelled', 'halted'].includes(status))).toEqual([]);
    if (all.every(({ status, parked }) => status === wanted.status && (parked?.code ?? null) === wanted.code)) return;
    await sleep(200);
  }
}

async function expectNoCanary(scene: Scene, log: string): Promise<void> {
  const connection = await Connection.connect({ address: testTemporal() });
  const ledger = await openLedger(scene.env['DATABASE_URL'] ?? '');
  try {
    const places = {
      history: await everythingInHistory(new Client({ connection }), names),
      ledger: await everythingInLedger(ledger.pool, engineKey),
      log,
      said: scene.said,
    };
    const values = [...scene.oauth.used, scene.env['CONSENT'] ?? '', engineKey.toString('base64')];
    const forms = [/canary/i, ...values.filter((value) => value !== '').map((value) => new RegExp(escaped(value)))];
    for (const secret of Object.values(right)) {
      forms.push(new RegExp(escaped(Buffer.from(secret).toString('base64').replace(/=+$/, '').slice(0, -1))));
      forms.push(new RegExp(escaped(Buffer.from(`me:${secret}`).toString('base64'))));
    }
    for (const [place, text] of Object.entries(places)) {
      expect([place, text.length > 1000]).toEqual([place, true]);
      for (const form of forms) expect([place, around(text, form)]).toEqual([place, null]);
    }
  } finally {
    await ledger.close();
    await connection.close();
  }
}

const escaped = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');

/** What stands around the place where it was found; null when it was not. */
function around(text: string, form: RegExp): string | null {
  const at = text.search(form);
  return at === -1 ? null : text.slice(Math.max(0, at - 200), at + 100);
}
