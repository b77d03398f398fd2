import { randomBytes } from 'node:crypto';
import { deflateRawSync } from 'node:zlib';
import type { CallDetail } from '../../model/connection/call.ts';
import { listCalls } from '../../operations/calls/list.ts';
import { showCall } from '../../operations/calls/show.ts';
import type { EngineContext } from '../../operations/context.ts';
import { keyring } from '../../platform/crypto/keyring.ts';
import type { Environment } from '../../platform/foundation/environment.ts';
import { createTestEngine, type TestEngine } from '../support/engine.ts';
import { operationContext } from '../support/operation-context.ts';
import { paperProject, withProject } from '../support/temp-project.ts';

const key = randomBytes(32);
const detail: CallDetail = {
  ...{ url: 'https://shop.test/o/1', requestHeaders: {}, responseHeaders: {}, timing: { connect: 2 }, keys: ['o1'] },
  ...{ requestBody: null, responseBody: { text: 'busy', bytes: 4, cut: false } },
};
const sealed = keyring([key]).seal(deflateRawSync(JSON.stringify(detail)), 'journal');

let engine: TestEngine;
beforeAll(async () => {
  engine = await createTestEngine([], { worker: 'none' });
  const call = {
    ...{ at: new Date().toISOString(), connection: 'shop', sync: 'orders', run: 'r1', batch: 1, step: 'fetchBatch' },
    ...{ method: 'GET', route: '/o', status: 200, code: null, ms: 1, requestBytes: 0, responseBytes: 4 },
    ...{ keys: [], bodiesDropped: false, lostBefore: 0, keepDays: 1, detail: null },
  };
  await engine.ledger.calls.insert([call, { ...call, status: 503, code: 'SYSTEM_BUSY', keys: ['o1'], detail: sealed }]);
});
afterAll(() => engine.close());

const asked = (env: Environment, work: (context: EngineContext) => Promise<void>): Promise<void> =>
  withProject(paperProject(), (folder) => work(operationContext(engine, folder, env)));

test('calls are listed of a sync or a connection, latest first, and a misspelt name is neither', () =>
  asked({}, async (context) => {
    const list = await listCalls.perform(context, { of: 'shop', choice: {} });
    expect(listCalls.document.parse(list)).toEqual(list);
    expect(list.calls.map(({ status }) => status)).toEqual([503, 200]);
    const { calls } = await listCalls.perform(context, { of: 'orders', choice: { failed: true, limit: 1 } });
    expect(calls).toMatchObject([{ status: 503, keys: 1 }]);
    expect(await listCalls.perform(context, { of: 'books', choice: {} })).toEqual({ of: 'books', calls: [] });
    await expect(listCalls.perform(context, { of: 'bokks', choice: {} })).rejects.toMatchObject({
      code: 'NAME_UNKNOWN',
    });
  }));

test('what was sealed of a call is shown with its key alone; of a call without it the facts', async () => {
  await asked({ SYNCLINE_KEY: key.toString('base64') }, async (context) => {
    const { calls } = await listCalls.perform(context, { of: 'shop', choice: {} });
    const [refused, well] = await Promise.all(calls.map(({ id }) => showCall.perform(context, { id })));
    expect(showCall.document.parse(refused)).toEqual(refused);
    expect(refused).toMatchObject({ status: 503, lostBefore: 0, detail });
    expect(showCall.document.parse(well)).toMatchObject({ status: 200, detail: null });
    await expect(showCall.perform(context, { id: '4711' })).rejects.toMatchObject({ code: 'CALL_UNKNOWN' });
  });
  await asked({}, async (context) => {
    const [refused] = (await listCalls.perform(context, { of: 'shop', choice: { failed: true } })).calls;
    await expect(showCall.perform(context, { id: refused?.id ?? '' })).rejects.toMatchObject({
      code: 'ENCRYPTION_KEY_MISSING',
    });
  });
});
