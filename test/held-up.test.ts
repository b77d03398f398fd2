import { mayBeReplaced } from '../activities/left.ts';

test.each([
  ['no time', 0, false],
  ['just under half of the heartbeat time-out', 14_999, false],
  ['more than half of it: frozen, or the clock jumped ahead', 15_001, true],
  ['a day: the clock jumped ahead', 86_400_000, true],
  ['less than none: the clock jumped back, and says nothing of the time that passed', -1_000, true],
])('a writer that was silent for %s before a request', (_, silentMs, late) => {
  expect(mayBeReplaced(silentMs, 30_000)).toBe(late);
});
