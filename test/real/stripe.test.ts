import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import type { Call } from '../../model/connection/call.ts';
import { isSyncFailure } from '../../model/failure/failure.ts';
import type { Json } from '../../model/record/json.ts';
import { createWorld, type World } from '../../platform/world.ts';
import { loadProject } from '../../project/load.ts';
import type { GoServer } from '../support/go-server.ts';
import { type RealProject, startRealProject } from '../support/real-project.ts';
import { describeUnless } from '../support/skip.ts';
import { findStripeMock, startStripeMock } from '../support/stripe-mock.ts';
import { silentLog } from '../support/tools.ts';

const found = await findStripeMock();
const minute = 60_000;
const projectFolder = path.resolve(import.meta.dirname, 'stripe');
const goodKey = 'sk_test_canary123';

const person = (number: number, more: object = {}): Json => ({
  number: `p${number}`,
  name: `Ann & Bob = ${number}`,
  email: `p${number}@person.example`,
  languages: ['de', 'en'],
  address: { line1: 'Main Street 1', city: 'Zürich', country: 'CH' },
  balance: number,
  ...more,
});

describeUnless('missing' in found ? found.missing : null, "Stripe's own stand-in", () => {
  let stripe: GoServer;
  let folder: string;
  let project: RealProject;
  let env: Record<string, string>;

  beforeAll(async () => {
    if ('missing' in found) return;
    stripe = await startStripeMock(found.file);
    folder = await mkdtemp(path.join(os.tmpdir(), 'syncline-people-'));
    env = {
      ...{ STRIPE_URL: stripe.url, STRIPE_KEY: goodKey, PEOPLE_FOLDER: folder },
      SYNCLINE_KEY: randomBytes(32).toString('base64'),
    };
    project = await startRealProject('stripe', env);
    await project.query(
      'CREATE TABLE customers (id text PRIMARY KEY, created bigint, name text, currency text, live boolean)',
    );
  }, 2 * minute);

  afterAll(async () => {
    await project?.stop();
    await stripe?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  it(
    'is read page by page through a plain connections.yaml',
    async () => {
      const { exitCode, document } = await project.run('customers');
      expect(document).toMatchObject({ status: 'succeeded', counts: { fetched: 1, delivered: 1 } });
      expect(exitCode).toBe(0);
      expect(await project.query('SELECT created::int, currency, live FROM customers')).toEqual([
        { created: 1234567890, currency: 'usd', live: false },
      ]);
    },
    minute,
  );

  it(
    'is written in its own form encoding; what it refuses is set aside with its reason, and nothing is sent twice',
    async () => {
      const people = [person(1), person(2, { balance: 'much' }), person(3)];
      await writeFile(path.join(folder, 'people.jsonl'), people.map((one) => JSON.stringify(one)).join('\n'));
      const { exitCode, document } = await project.run('people');
      expect(document).toMatchObject({
        status: 'partial',
        counts: { fetched: 3, delivered: 2, quarantined: 1 },
        quarantine: [{ code: 'RECORD_REJECTED', records: 1 }],
      });
      expect(JSON.stringify(document.quarantine)).not.toContain('much');
      expect(exitCode).toBe(4);
      expect((await project.run('people')).document.counts).toMatchObject({ delivered: 0, unchanged: 2 });

      const calls: Call[] = JSON.parse(
        await project.cli('calls', 'list', 'people', '--step', 'deliverBatch', '--json'),
      ).calls;
      expect(calls.map(({ route, status }) => `${route} ${status}`).sort()).toEqual([
        ...['/customers 200', '/customers 200', '/customers 400', '/customers 400'],
      ]);
      const [created] = calls.filter(({ status }) => status === 200);
      const shown = await project.cli('calls', 'show', created?.id ?? '');
      expect(shown).toContain('preferred_locales%5B0%5D=de');
      expect(shown).toContain('authorization: Bearer [secret:STRIPE_KEY]');
      for (const secret of [goodKey, 'person.example', 'Main Street', 'Main+Street'])
        expect(shown).not.toContain(secret);
    },
    2 * minute,
  );

  describe('answers with an error', () => {
    const codeOf = async (work: (world: World) => Promise<unknown>, more: object = {}) => {
      const world = createWorld(projectFolder, { ...env, ...more }, silentLog);
      try {
        return await work(world).then(
          () => null,
          (error: unknown) => (isSyncFailure(error) ? `${error.code} ${error.next}` : error),
        );
      } finally {
        await world.close();
      }
    };
    const request = (method: 'GET' | 'POST', at: string, body?: string) => async (world: World) => {
      const { connections } = await loadProject(projectFolder, { ...env, WAREHOUSE_URL: 'postgresql://w@localhost/w' });
      const connection = connections.get('stripe');
      if (connection === undefined) throw new Error('the project has no stripe');
      const { http } = world.toolsFor(connection);
      const { status } = await http.request({
        method,
        path: at,
        signal: AbortSignal.timeout(5000),
        ...(body && { body }),
      });
      if (status >= 300) throw new Error(`given to the connector: ${status}`);
    };

    it('that is sorted by what happens next', async () => {
      expect(await codeOf(request('GET', '/customers'))).toBeNull();
      expect(await codeOf(request('GET', '/customers'), { STRIPE_KEY: 'not-a-key' })).toBe('AUTH_REJECTED park');
      expect(await codeOf(request('GET', '/customers'), { STRIPE_KEY: '' })).toBe('SECRET_MISSING park');
    });

    it('to a source that names a wrong path or a wrong parameter', async () => {
      const read = (options: object) => async (world: World) => {
        const { connections, connectors } = await loadProject(projectFolder, {
          ...env,
          WAREHOUSE_URL: 'postgresql://w@localhost/w',
        });
        const [connection, rest] = [connections.get('stripe'), connectors.get('rest')];
        if (!connection || !rest) throw new Error('the project has no stripe');
        const parsed = rest.source.options.parse({ records: '/data', ...options });
        const source = rest.source.open(
          { ...connection, settings: rest.settings.parse(connection.settings) },
          parsed,
          world.toolsFor(connection),
        );
        for await (const _page of source.read({ position: null, since: null, signal: AbortSignal.timeout(5000) }));
      };
      expect(await codeOf(read({ path: '/customers' }))).toBeNull();
      expect(await codeOf(read({ path: '/customer' }))).toBe('NOT_FOUND park');
      expect(await codeOf(read({ path: '/customers', query: { limit: 'many' } }))).toBe('REQUEST_REJECTED park');
      expect(await codeOf(read({ path: '/customers', records: '/items' }))).toBe('RESPONSE_SHAPE park');
    });
  });
});
