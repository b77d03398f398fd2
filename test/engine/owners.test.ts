import fc from 'fast-check';
import type { Destination, ItemOutcome } from '../../model/connector/connector.ts';
import type { Json } from '../../model/record/json.ts';
import { mayBeRespelt, takenClaims } from '../../model/record/owners.ts';
import { arraySource, createTestEngine, type TestEngine, type TestSync } from '../support/engine.ts';

const person = (id: string, value: string): Json => ({ id, version: 1, value });

let engine: TestEngine | undefined;
async function engineFor(...syncs: readonly TestSync[]): Promise<TestEngine> {
  engine = await createTestEngine(syncs);
  return engine;
}
afterEach(async () => {
  await engine?.close();
  engine = undefined;
});

interface FoldingDestination extends Destination {
  /** Its rows, by their folded keys. */
  readonly rows: Map<string, string>;
}

/** A destination that takes keys for one that differ in their letters' case only; `tells`: it says so before it writes. */
function foldingDestination({ tells }: { readonly tells: boolean }): FoldingDestination {
  const rows = new Map<string, string>();
  const fold = (key: string): string => key.toLowerCase();
  return {
    rows,
    can: { upsert: true, lookupLagMs: 0 },
    limits: { records: 10, bytes: 1_000_000, concurrency: 1 },
    place: 'people',
    ...(tells && {
      identify: async (items) =>
        new Map(items.flatMap(({ key }, place) => (fold(key) === key ? [] : [[place, fold(key)] as const]))),
    }),
    write: async ({ items }) =>
      items.map(({ op, key, json, destinationId }): ItemOutcome => {
        const id = destinationId ?? fold(key);
        if (op === 'delete') rows.delete(id);
        else rows.set(id, JSON.parse(json).value);
        return { state: 'confirmed', id };
      }),
    read: async (ids) =>
      new Map(
        ids.flatMap((id) => (rows.has(id) ? [[id, { id, record: person(id, rows.get(id) ?? '') }] as const] : [])),
      ),
    same: (written, read) => Object(written).value === Object(read).value,
  };
}

const claims = fc.array(
  fc.record({ key: fc.constantFrom('a', 'b', 'c', 'd'), identity: fc.constantFrom('1', '2', '3') }),
  {
    maxLength: 6,
  },
);

test('one destination row has one owner: of any claims at most one record gets a row, and who has one keeps it unless it moves', () => {
  fc.assert(
    fc.property(
      claims.map((all) => all.filter(({ key }, at) => all.findIndex((one) => one.key === key) === at)),
      fc.dictionary(fc.constantFrom('1', '2', '3'), fc.constantFrom('a', 'b', 'c', 'd', 'e')),
      (asked, rows) => {
        const owners = new Map(
          asked.flatMap(({ identity }, at) => (rows[identity] ? [[at, rows[identity]] as const] : [])),
        );
        const taken = takenClaims(asked, owners, new Map());
        const got = asked.filter((_, at) => !taken.has(at));
        expect(new Set(got.map(({ identity }) => identity)).size).toBe(got.length);
        for (const { key, identity } of got) {
          const owner = rows[identity];
          const moved = asked.find((one) => one.key === owner);
          expect(owner === undefined || owner === key || (moved !== undefined && moved.identity !== identity)).toBe(
            true,
          );
        }
        for (const [at, owner] of taken) expect(owner).not.toBe(asked[at]?.key);
        // Nobody is refused what nobody has or claims.
        for (const identity of new Set(asked.map((one) => one.identity)))
          if (rows[identity] === undefined) expect(got.some((one) => one.identity === identity)).toBe(true);
      },
    ),
  );
});

test.each([
  ['Ada@x.com', 'ada@x.com', true],
  [' 7', '007', true],
  ['0', '00', true],
  ['3', '9', false],
  ['a b', 'ab', false],
])('an id may be the key as a destination spells it: %p and %p: %p', (key, id, expected) => {
  expect(mayBeRespelt(key, id)).toBe(expected);
});

test('a second key of one destination row is set aside in every run, and the first keeps the row', async () => {
  let records = [person('Ada', 'upper'), person('ada', 'lower'), person('bob', 'Bob')];
  const people = foldingDestination({ tells: true });
  const { run, ledger } = await engineFor({
    name: 'twins',
    source: arraySource(() => records),
    destination: people,
    policy: { batchRecords: 1 },
  });
  const aside = { status: 'partial', counts: { quarantined: 1 } };
  expect(await run('twins')).toMatchObject({ ...aside, counts: { delivered: 2, quarantined: 1 } });
  expect(await run('twins')).toMatchObject({ ...aside, counts: { unchanged: 2, quarantined: 1 } });
  records = [person('Ada', 'upper'), person('ada', 'changed'), person('bob', 'Bob')];
  expect(await run('twins')).toMatchObject({ ...aside, counts: { unchanged: 2, quarantined: 1 } });
  expect([...people.rows]).toEqual([
    ['ada', 'upper'],
    ['bob', 'Bob'],
  ]);
  const [entry, ...others] = await ledger.quarantine.list('twins', { state: 'open' });
  expect(entry).toMatchObject({ code: 'DESTINATION_KEY_TAKEN', key: 'ada', reason: expect.stringContaining('`Ada`') });
  expect(others).toEqual([]);
});

test.each(['delete', 'ignore'] as const)(
  'a key that is respelt at the source takes its row over in the same run, which is never deleted (%s)',
  async (deletes) => {
    let records = [person('Ada', '1'), person('bob', '1')];
    const people = foldingDestination({ tells: true });
    const { run, ledger } = await engineFor({
      name: 'respelt',
      source: arraySource(() => records),
      destination: people,
      deletes,
    });
    await run('respelt');
    records = [person('ada', '2'), person('bob', '1')];
    expect(await run('respelt')).toMatchObject({
      status: 'succeeded',
      counts: { fetched: 2, delivered: 1, unchanged: 1, quarantined: 0, deleted: 0 },
    });
    expect([...people.rows]).toEqual([
      ['ada', '2'],
      ['bob', '1'],
    ]);
    expect(await ledger.quarantine.list('respelt', { state: 'open' })).toEqual([]);
    expect(await run('respelt')).toMatchObject({ status: 'succeeded', counts: { unchanged: 2, deleted: 0 } });
    records = [person('bob', '1')];
    await run('respelt');
    expect(people.rows.has('ada')).toBe(deletes === 'ignore');
  },
);

test('an incremental read leaves a respelt key aside, and the next full run hands the row over', async () => {
  const at = (id: string, version: number): Json => ({ id, version, value: `v${version}` });
  let records = [at('Ada', 1)];
  const people = foldingDestination({ tells: true });
  const { run } = await engineFor({
    name: 'later',
    source: arraySource(() => records),
    destination: people,
    mode: 'incremental',
  });
  await run('later');
  records = [at('ada', 2)];
  expect(await run('later')).toMatchObject({ status: 'partial', counts: { quarantined: 1 } });
  expect(people.rows.get('ada')).toBe('v1');
  expect(await run('later', { full: true })).toMatchObject({ status: 'succeeded', counts: { delivered: 1 } });
  expect(people.rows.get('ada')).toBe('v2');
});

test('where the destination says only afterwards that it took two keys for one, the first is sent again, and no run after that overwrites it', async () => {
  const records = [person('Ada', 'upper'), person('ada', 'lower')];
  const people = foldingDestination({ tells: false });
  const { run } = await engineFor({ name: 'silent', source: arraySource(() => records), destination: people });
  expect(await run('silent')).toMatchObject({ status: 'partial', counts: { delivered: 1, quarantined: 1 } });
  expect(await run('silent')).toMatchObject({ status: 'partial', counts: { delivered: 1, quarantined: 1 } });
  expect(people.rows.get('ada')).toBe('upper');
  expect(await run('silent')).toMatchObject({ status: 'partial', counts: { unchanged: 1, quarantined: 1 } });
  expect([...people.rows]).toEqual([['ada', 'upper']]);
});

test('what is gone from one sync stays at the destination while another sync has it', async () => {
  let ours = [person('a', '1'), person('b', '1')];
  const people = foldingDestination({ tells: true });
  const { run } = await engineFor(
    { name: 'ours', source: arraySource(() => ours), destination: people, deletes: 'delete' },
    { name: 'theirs', source: arraySource(() => [person('A', '1')]), destination: people },
  );
  await run('ours');
  await run('theirs');
  ours = [person('c', '1')];
  expect(await run('ours')).toMatchObject({ counts: { deleted: 1 } });
  expect([...people.rows.keys()].toSorted()).toEqual(['a', 'c']);
  expect(await run('ours')).toMatchObject({ counts: { deleted: 0 } });
});
