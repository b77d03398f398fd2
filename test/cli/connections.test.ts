import { randomBytes } from 'node:crypto';
import { keyring } from '../../platform/crypto/keyring.ts';
import { openLedger } from '../../platform/ledger/ledger.ts';
import { spend } from '../../platform/outbound/limits/quota.ts';
import { connectionWords, isWorthTelling, reportOf } from '../../platform/outbound/limits/report.ts';
import { untouched } from '../../platform/outbound/limits/state.ts';
import { commandLine } from '../support/command-line.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { withProject } from '../support/temp-project.ts';
import { testTemporal } from '../support/temporal.ts';

const now = Date.parse('2026-11-26T10:00:00Z');
const down = {
  ...untouched.breaker,
  phase: 'open' as const,
  retryAtMs: now + 30_000,
  downSinceMs: now - 60_000,
  reason: 'TIMEOUT',
};

describe('where a connection stands', () => {
  test('is said in words: down, since when, with what, and the next try', () => {
    const report = reportOf('shop', { ...untouched, breaker: down }, { limits: { perSecond: 10 } }, now);
    expect(connectionWords(report)).toBe(
      'down since 2026-11-26T09:59:00Z (TIMEOUT), next try 2026-11-26T10:00:30Z; 10 calls a second',
    );
    expect(isWorthTelling(report)).toBe(true);
  });

  test('foretells when the calls of a day are used up, and says when they return', () => {
    const quota = { units: 1000, windowMs: 86_400_000 };
    let day = untouched.day;
    for (let hour = 1; hour <= 4; hour++) day = spend(quota, day, 150, now - hour * 1_800_000);
    const limits = { perDay: 1000 };
    const ahead = reportOf('shop', { ...untouched, day }, { limits }, now);
    expect(connectionWords(ahead)).toMatch(
      /^600 of 1,000 calls a day, used up at 2026-11-26T1\d:.*Z if it goes on so$/,
    );
    const spent = reportOf('shop', { ...untouched, day: spend(quota, day, 360, now) }, { limits }, now);
    expect(connectionWords(spent)).toMatch(/^960 of 1,000 calls a day, used up until 2026-11-27T0/);
  });
});

describe('syncline connections', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await createTestDatabase();
  });
  afterAll(() => database.drop());

  test('lists every connection, and ends the wait of one', async () => {
    const files = { 'connections.yaml': 'shop:\n  kind: files\n  folder: .\nbooks:\n  kind: files\n  folder: .\n' };
    await withProject(files, async (folder) => {
      const ledger = await openLedger(database.url);
      try {
        await ledger.connections.change('shop', (state, nowMs) => ({
          state: { ...state, held: { untilMs: nowMs + 3_600_000, code: 'RATE_LIMITED' } },
          answer: undefined,
        }));
        const run = (...args: string[]) =>
          commandLine(['--project', folder, 'connections', ...args], {
            env: { TEMPORAL_ADDRESS: testTemporal(), DATABASE_URL: database.url },
          });
        const listed = await run('--json');
        expect(JSON.parse(listed.stdout).connections).toMatchObject([
          { connection: 'shop', breaker: 'closed', held: { code: 'RATE_LIMITED' } },
          { connection: 'books', breaker: 'closed', held: null },
        ]);
        const status = await commandLine(['--project', folder, 'status', '--json'], {
          env: { TEMPORAL_ADDRESS: testTemporal(), DATABASE_URL: database.url },
        });
        expect(JSON.parse(status.stdout).connections).toMatchObject([
          { held: { code: 'RATE_LIMITED' } },
          { held: null },
        ]);
        expect(JSON.parse((await run('release', 'shop', '--json')).stdout)).toEqual({
          connection: 'shop',
          ...{ released: true, droppedTokens: false },
        });
        const key = randomBytes(32);
        const sealed = keyring([key]).seal(Buffer.from('{}'), 'token of shop');
        await ledger.tokens.hold('shop', (_, save) => save(sealed));
        const release = (env: Record<string, string>) =>
          commandLine(['--project', folder, 'connections', 'release', 'shop'], {
            env: { TEMPORAL_ADDRESS: testTemporal(), DATABASE_URL: database.url, ...env },
          });
        expect((await release({ SYNCLINE_KEY: key.toString('base64') })).stdout).not.toContain('tokens');
        const dropped = await release({});
        expect(dropped.stdout).toContain('the tokens of shop, of which no key is at hand, were dropped');
        expect(await ledger.tokens.hold('shop', async (row) => row)).toEqual({ generation: 2, sealed: null });
        expect((await run('release', 'shop')).stdout).toContain('nothing held shop back');
        const misspelt = await run('release', 'shpo');
        expect(misspelt.code).toBe(2);
        expect(misspelt.stderr).toContain('shop');
      } finally {
        await ledger.close();
      }
    });
  });
});
