import { foldOf, ViciousDestination } from '../../lab/vices/destination.ts';
import { type Account, falsehoods } from '../../lab/vices/oracle.ts';
import { ViciousSource } from '../../lab/vices/source.ts';
import { possibleAt, readVices, together, type Vice, viceNames } from '../../lab/vices/vice.ts';

const silent = { keys: new Set<string>(), missing: false, different: false };

/** Both sides agree, and the run says so. */
const sound: Account = {
  status: 'succeeded',
  said: silent,
  truth: [
    { key: 'r1', text: 'v1' },
    { key: 'r2', text: 'v2' },
  ],
  live: new Set(['r1', 'r2']),
  rows: [
    { key: 'r1', text: 'v1' },
    { key: 'r2', text: 'v2' },
  ],
  fold: (key) => key,
  emptied: true,
  repeats: false,
  sent: 2,
  peace: 'none',
};

const lacking = [{ key: 'r1', text: 'v1' }];
const bent = [...lacking, { key: 'r2', text: 'V2' }];

test.each<[string, Partial<Account>, RegExp]>([
  ['a record that is not there', { rows: lacking }, /reads succeeded: 1 missing, such as r2/],
  ['a record that is there in another form', { rows: bent }, /reads succeeded: 1 different, such as r2/],
  ['a row of a record that is gone', { rows: [...sound.rows, { key: 'r9', text: 'v0' }] }, /1 left behind, such as r9/],
  [
    'the other of two records that are one row',
    {
      fold: (key) => key.toLowerCase(),
      truth: [...sound.truth, { key: 'R2', text: 'v3' }],
      live: new Set(['r1', 'r2', 'R2']),
    },
    /1 different, such as R2/,
  ],
  [
    'a record missing where only differences were said',
    { rows: lacking, said: { ...silent, different: true } },
    /missing/,
  ],
  ['a difference where only missing ones were said', { rows: bent, said: { ...silent, missing: true } }, /different/],
  [
    'a record that was said, and another',
    { rows: [], said: { ...silent, keys: new Set(['r2']) } },
    /1 missing, such as r1/,
  ],
  [
    'a difference that is left when the vices have ended, though the run does not read succeeded',
    { rows: lacking, status: 'partial', peace: 'second' },
    /neither mended nor said: 1 missing/,
  ],
  ['a run that never reads succeeded again', { status: 'partial', peace: 'second' }, /reads partial, and nothing is/],
  ['what is sent again and again', { peace: 'last' }, /2 records were sent, and nothing had changed/],
])('the oracle finds %s', (_what, change, words) => {
  expect(falsehoods({ ...sound, ...change }).join('\n')).toMatch(words);
});

test.each<[string, Partial<Account>]>([
  ['a sound run', {}],
  ['a run that does not read succeeded', { rows: lacking, status: 'partial' }],
  ['a run that failed', { rows: [], status: 'failed' }],
  ['a record that was set aside', { rows: lacking, said: { ...silent, keys: new Set(['r2']) } }],
  [
    'a record that was set aside, for good',
    { rows: lacking, said: { ...silent, keys: new Set(['r2']) }, peace: 'last' },
  ],
  ['missing records that were said', { rows: lacking, said: { ...silent, missing: true } }],
  ['bent values that were said', { rows: bent, said: { ...silent, different: true } }],
  ['one key in two spellings', { fold: (key) => key.toLowerCase(), truth: [{ key: 'R1', text: 'v1' }] }],
  [
    'what is left behind by a run that may not delete',
    { emptied: false, rows: [...sound.rows, { key: 'x', text: '' }] },
  ],
  ['what came or went while the run read', { truth: [{ key: 'r1', text: 'v1' }] }],
  ['the first run after the vices have ended, which mends', { rows: lacking, status: 'partial', peace: 'first' }],
  [
    'a difference that is left for good, and said each time',
    { rows: bent, status: 'partial', said: { ...silent, different: true }, peace: 'last' },
  ],
  ['a run that says for good that keys repeat', { status: 'partial', repeats: true, peace: 'second' }],
  ['a last run that has nothing to send', { peace: 'last', sent: 0 }],
])('the oracle has nothing to say of %s', (_what, change) => {
  expect(falsehoods({ ...sound, ...change })).toEqual([]);
});

const asked = (query: string) => ({ query: new URLSearchParams(query) });
const idsOf = (source: ViciousSource, query: string): unknown => {
  const { body } = source.answer(asked(query));
  return JSON.parse(JSON.stringify(body)).records.map(({ id }: { readonly id: string }) => id);
};

test('a source that counts its pages lets records move between them', () => {
  const source = new ViciousSource(new Set(['counted-pages']), 0);
  for (let n = 0; n < 6; n++) source.change(n);
  source.meanwhile({ changes: [], removals: [0] });
  expect(idsOf(source, 'offset=0&limit=3')).toEqual(['r0', 'r1', 'r2']);
  expect(idsOf(source, 'offset=3&limit=3')).toEqual(['r4', 'r5']);
});

test('what a source commits late has a stamp within the overlap, and shows after the run', () => {
  const source = new ViciousSource(new Set(['late-commit']), 0);
  for (let n = 1; n < 5; n++) source.change(n);
  expect(idsOf(source, 'limit=9')).toEqual(['r1', 'r2', 'r4']);
  source.pass();
  expect(idsOf(source, 'limit=9')).toEqual(['r1', 'r2', 'r3', 'r4']);
});

test('a destination loses every third record, and says that it has it', () => {
  const destination = new ViciousDestination(new Set(['lost-writes']));
  const records = ['a', 'b', 'c'].map((id) => ({ id, text: 'v' }));
  const { body } = destination.write({
    method: 'POST',
    path: '/records',
    query: new URLSearchParams(),
    idempotencyKey: null,
    body: Buffer.from(JSON.stringify({ records })),
  });
  expect(body).toEqual({ results: records.map(({ id }) => ({ id, status: 'ok' })) });
  expect(destination.rows.map(({ id }) => id)).toEqual(['a', 'b']);
});

test('a destination keeps the first of a flood until it has rested, and says that it has all of it', () => {
  const destination = new ViciousDestination(new Set(['lost-flood']));
  const write = (count: number) =>
    destination.write({
      method: 'POST',
      path: '/records',
      query: new URLSearchParams(),
      idempotencyKey: null,
      body: Buffer.from(
        JSON.stringify({ records: Array.from({ length: count }, (_, n) => ({ id: `r${n}`, text: 'v' })) }),
      ),
    });
  expect(write(60).status).toBe(200);
  expect(destination.rows.map(({ id }) => id)).toEqual(Array.from({ length: 12 }, (_, n) => `r${n}`));
  destination.rest();
  write(20);
  expect(destination.rows).toHaveLength(20);
});

test('keys fold as the vice says', () => {
  const folded = (vice: Vice, key: string) => foldOf(new Set([vice]))(key);
  expect(folded('folded-case', 'R7')).toBe('r7');
  expect(folded('stripped-zeros', '007')).toBe('7');
  expect(folded('stripped-zeros', '000')).toBe('0');
  expect(folded('lost-writes', '0R7')).toBe('0R7');
});

test('vices are read from an option, and only those are drawn that can be together and can be known of', () => {
  expect(readVices('all')).toEqual(viceNames);
  expect(readVices('none')).toEqual([]);
  expect(readVices('lost-tail,late-commit')).toEqual(['late-commit', 'lost-tail']);
  expect(readVices('lost-tail,lazy')).toBeUndefined();
  expect(together(['lost-flood', 'bent-values', 'lost-tail'])).toEqual(['lost-flood', 'lost-tail']);
  expect(together(['text-filter', 'epoch-filter', 'folded-case'])).toEqual(['text-filter', 'folded-case']);
  expect(possibleAt('T5', ['lost-writes', 'results-apart', 'late-commit'])).toEqual(['late-commit']);
  expect(possibleAt('T1', ['lost-writes', 'results-apart'])).toEqual(['lost-writes']);
});
