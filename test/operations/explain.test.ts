import { z } from 'zod';
import { defineSync, map, orReject, to, trim } from '../../index.ts';
import type { Source } from '../../model/connector/connector.ts';
import { SyncFailure } from '../../model/failure/failure.ts';
import type { Json } from '../../model/record/json.ts';
import type { LoadedSync } from '../../model/sync/project.ts';
import { askBoth } from '../../operations/explain/both-sides.ts';
import { explainRecord } from '../../operations/explain/explain-record.ts';
import { arraySource, createTestEngine, type TestEngine, testRecord } from '../support/engine.ts';
import { journalDestination } from '../support/journal.ts';

const Contact = z.object({ id: z.string(), version: z.number(), value: z.string().nullable() });
const mapping = map(Contact, testRecord, (contact) => ({
  id: contact.id,
  version: contact.version,
  value: to(orReject(contact.value, 'has no value'), trim()),
}));
const endpoint = { kind: 'test', connection: 'test', options: {} };
const loaded: Pick<LoadedSync, 'sync'> = {
  sync: defineSync({ source: endpoint, destination: endpoint, key: 'id', version: 'version', mapping }),
};

const world = {
  toolsFor: () => {
    throw new Error('a test endpoint needs no tools');
  },
};

let engine: TestEngine;
let records: readonly Json[] = [];
beforeAll(async () => {
  engine = await createTestEngine([
    {
      name: 'contacts',
      source: arraySource(() => records),
      destination: journalDestination({ upsert: true, lookupLagMs: 0 }),
      from: Contact,
      map: (record) => mapping.run(record),
    },
  ]);
});
afterAll(() => engine.close());

test('a sync that never ran is explained as such', async () => {
  const { state, unknown } = await explainRecord(engine.ledger, 'other', 'c1', null);
  expect(state).toBe('never seen');
  expect(unknown).toEqual(['Everything: the sync has never run.']);
});

describe('after a run', () => {
  let run = '';
  beforeAll(async () => {
    records = [
      { id: 'c1', version: 7, value: ' one ' },
      { id: 'c2', version: 8, value: null },
    ];
    run = (await engine.run('contacts')).run;
  });
  const explained = (key: string) => explainRecord(engine.ledger, 'contacts', key, loaded);

  test('a delivered record: by which run, batch and request, in which version, and what is no longer known', async () => {
    const { state, write, quarantine, lineage, unknown } = await explained('c1');
    expect(state).toBe('delivered');
    expect(write).toMatchObject({ run, batch: 1, records: 1, version: '7', destinationId: null, mode: 'full' });
    expect(write).toMatchObject({ runDelivered: 1, reconciled: { checked: 1, missing: 0, different: 0 } });
    expect(write?.hash).toMatch(/^[0-9a-f]{32}$/);
    const intents = await engine.ledger.pool.query('select request_id::text as id from intents');
    expect(intents.rows).toEqual([{ id: write?.request }]);
    expect(Date.parse(write?.confirmedAt ?? '')).toBeGreaterThanOrEqual(Date.parse(write?.sentAt ?? ''));
    expect([quarantine, lineage]).toEqual([[], null]);
    expect(unknown.join()).toMatch(/the record as received is dropped when its run ends/);
  });

  test('the calls that carried the record and those that fetched its batch, and no others', async () => {
    const call = {
      ...{
        at: new Date().toISOString(),
        connection: 'test',
        sync: 'contacts',
        method: 'GET',
        route: '/c',
        status: 200,
      },
      ...{ code: null, ms: 1, requestBytes: 0, responseBytes: 9, bodiesDropped: false, lostBefore: 0, keepDays: 1 },
      ...{ run, batch: 1, step: 'fetchBatch', keys: [] as string[], detail: null },
    };
    await engine.ledger.calls.insert([
      { ...call, route: '/page' },
      { ...call, route: '/other-batch', batch: 2 },
      { ...call, route: '/refused', status: 500 },
      { ...call, route: '/carried', step: 'deliverBatch', keys: ['c1', 'c2'] },
      { ...call, route: '/other-record', step: 'deliverBatch', keys: ['c2'] },
      { ...call, route: '/other-sync', sync: 'others', step: 'deliverBatch', keys: ['c1'] },
    ]);
    const { calls } = await explained('c1');
    expect(calls.delivered.map(({ route }) => route)).toEqual(['/carried']);
    expect(calls.fetched.map(({ route }) => route)).toEqual(['/page']);
  });

  test('a record that was set aside: why, and each field on its way', async () => {
    const { state, write, quarantine, lineage } = await explained('c2');
    expect([state, write]).toEqual(['set aside', null]);
    expect(quarantine).toMatchObject([
      { key: 'c2', state: 'open', code: 'MAPPING_REJECTED', reason: 'has no value', run },
    ]);
    expect(lineage).toMatchObject({ outcome: 'rejected', reason: 'orReject: has no value' });
    expect(lineage?.fields.find(({ field }) => field.endsWith('id'))).toMatchObject({ after: 'c2' });
    expect(lineage?.fields.find(({ field }) => field.endsWith('value'))).toMatchObject({
      rejected: { reason: 'has no value' },
    });
  });

  test('as both systems have it now: field by field, absent, or that a system cannot be asked or fails', async () => {
    const sync = { ...engine.loaded('contacts'), ...loaded };
    const source = sync.openSource(world);
    const byKey: Source = { ...source, readKeys: async () => records };
    const ask = (key: string, from = byKey) =>
      askBoth({ ...sync, openSource: () => from }, world, { key, destinationId: null }, new AbortController().signal);
    const live = await ask('c1');
    expect(live.source).toEqual({ state: 'found', record: records[0] });
    expect(live.destination).toEqual({ state: 'found', record: { id: 'c1', version: 7, value: 'one' } });
    expect(live.lineage?.fields.find(({ field }) => field.endsWith('value'))).toMatchObject({
      from: [{ value: ' one ' }],
      after: 'one',
    });
    expect(await ask('c9')).toEqual({ source: { state: 'absent' }, destination: { state: 'absent' }, lineage: null });
    expect((await ask('c1', source)).source).toEqual({ state: 'cannot be asked' });
    const readKeys = () => Promise.reject(new SyncFailure('CONNECTION_REFUSED', 'down'));
    expect((await ask('c1', { ...source, readKeys })).source).toEqual({ state: 'failed', code: 'CONNECTION_REFUSED' });
  });

  test('without the files of the sync the reasons are still told', async () => {
    const { quarantine, lineage, unknown } = await explainRecord(engine.ledger, 'contacts', 'c2', null);
    expect([quarantine.length, lineage]).toEqual([1, null]);
    expect(unknown.join()).toMatch(/no mapping to explain/);
  });

  test('a key that was never seen: that nothing is known, and when everything was last read', async () => {
    const { state, unknown } = await explained('c9');
    expect(state).toBe('never seen');
    expect(unknown).toEqual([expect.stringContaining(`run ${run}`)]);
  });
});
