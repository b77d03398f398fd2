import { SyncFailure } from '../../model/failure/failure.ts';
import { noCounts } from '../../model/sync/batch.ts';
import type { Parked, RunState, WaitingStep } from '../../model/sync/run-state.ts';
import { answerOf, choicesOf, refusalOf, type Verb } from '../../model/sync/steering.ts';
import { waitingAfter } from '../../workers/waits.ts';
import { detailsOf } from '../../workflows/details.ts';

const state: RunState = {
  sync: 'orders',
  run: 'r',
  stage: 'syncing',
  mode: 'full',
  source: 'shop (rest)',
  destination: 'books (rest)',
  deliveryClass: 'T3',
  paused: false,
  parked: null,
  waiting: null,
  batches: { fetched: 3, delivered: 2 },
  fetched: 3000,
  counts: { ...noCounts, fetched: 2000, delivered: 2000 },
  startedAt: '2026-01-01T00:00:00.000Z',
};
const place = { side: 'source', connection: 'shop' } as const;
const parked: Parked = {
  step: 'fetch',
  batch: 3,
  code: 'AUTH_REJECTED',
  next: 'park',
  message: 'the shop answered 401',
  place,
  since: '2026-01-01T00:00:00.000Z',
};
const waiting: WaitingStep = {
  step: 'fetch',
  batch: 3,
  attempt: 8,
  code: 'CONNECTION_REFUSED',
  message: 'nothing listens at 127.0.0.1:1',
  place,
  since: '2026-01-01T00:00:00.000Z',
  nextAttempt: null,
};
const states = {
  'at work': state,
  paused: { ...state, paused: true },
  waiting: { ...state, waiting },
  parked: { ...state, parked },
  'in doubt': { ...state, parked: { ...parked, step: 'deliver', code: 'OUTCOME_UNKNOWN' as const } },
  closing: { ...state, stage: 'closing' as const },
};

// What each state takes: every other verb is refused with words.
test.each<[keyof typeof states, Verb[]]>([
  ['at work', ['pause', 'abort']],
  ['paused', ['resume', 'abort']],
  ['waiting', ['retry', 'pause', 'abort']],
  ['parked', ['retry', 'pause', 'abort']],
  ['in doubt', ['retry', 'skip', 'pause', 'abort']],
  ['closing', []],
])('a run that is %s takes %j', (name, taken) => {
  const verbs: Verb[] = ['retry', 'skip', 'pause', 'resume', 'abort'];
  expect(verbs.filter((verb) => refusalOf(verb, states[name]) === null)).toEqual(taken);
  for (const verb of taken) expect(answerOf(verb, states[name])).not.toBe('');
});

test('each choice of a parked run says what it does', () => {
  const of = (step: string, code: Parked['code']) =>
    choicesOf({ step, code }).map(({ verb, does }) => `${verb} ${does}`);
  const abort = 'abort ends the run and leaves the cursor where it was';
  expect(of('fetch', 'AUTH_REJECTED')).toEqual(['retry tries the step `fetch` again', abort]);
  expect(of('deliver', 'OUTCOME_UNKNOWN')).toEqual([
    'retry sends the write in doubt again',
    'skip counts the write in doubt as done',
    abort,
  ]);
  expect(of('remove', 'DELETE_GUARD')).toEqual([
    'retry deletes in the destination what is gone from the source',
    'skip leaves in the destination what is gone from the source',
    abort,
  ]);
});

test('the details of a run say where it failed, what that means, and what each signal does', () => {
  const details = detailsOf(states.parked, 10_000);
  expect(details).toContain('### Waits for a person: AUTH_REJECTED');
  expect(details).toContain('in fetch of batch 3, at the source shop, since 2026-01-01T00:00:00.000Z');
  expect(details).toContain('`syncline retry orders`');
  expect(details).toContain('- `retry` tries the step `fetch` again');
  expect(details).not.toContain('`skip`');
});

test('the details of a run that waits say that nobody has to do anything', () => {
  const details = detailsOf(states.waiting, 10_000);
  expect(details).toContain('### Waits and goes on by itself: CONNECTION_REFUSED');
  expect(details).toContain('attempt 8: nothing listens');
  expect(details).toContain('Nothing needs to be done.');
});

test('a wait is told when it lasts: not the first short failure, and rarer with each attempt', () => {
  const told = (attempt: number, detail: { retryAfterMs?: number } = {}) =>
    waitingAfter(
      new SyncFailure('SERVER_ERROR', '503', detail),
      { activityType: 'fetchBatch', attempt },
      { seq: 7 },
      0,
    );
  const attempts = Array.from({ length: 1500 }, (_, n) => n + 1);
  expect(attempts.filter((attempt) => told(attempt))).toEqual([2, 8, 32, 128, 512]);
  expect(told(1, { retryAfterMs: 60_000 })).toMatchObject({
    step: 'fetch',
    batch: 7,
    code: 'SERVER_ERROR',
    nextAttempt: '1970-01-01T00:01:00.000Z',
  });
  expect(waitingAfter(new SyncFailure('AUTH_REJECTED', '401'), { activityType: 'x', attempt: 2 }, {}, 0)).toBeNull();
});

test.each([
  ['remove', 'REQUEST_REJECTED'],
  ['validate', 'SCHEMA_DRIFT'],
] as const)('a person may leave what the step %s asks about %s', (step, code) => {
  expect(choicesOf({ step, code }).map(({ verb }) => verb)).toEqual(['retry', 'skip', 'abort']);
});
