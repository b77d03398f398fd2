import TestSequencer from '@jest/test-sequencer';

/**
 * What takes longest on a machine that has not run the tests before, longest first: left to the end, one of them keeps all
 * cores but one idle. A file that is missing here is only begun later.
 */
const slowest = [
  'engine/sync',
  'workers/worker-process',
  'stack/dev',
  'stack/postgres',
  'engine/recover',
  'engine/plan',
  'engine/quarantine',
  'engine/batch-memory',
  'engine/mended',
  'operations/schedule-runs',
  'engine/watermark-runs',
  'engine/doubts',
  'engine/deletes',
  'lab/simulation',
  'cli/reconcile',
  'workflows/idle-run',
  'engine/unagreed',
  'engine/conflict',
  'engine/reconcile',
  'engine/unclear',
  'workflows/steer',
  'demo/demo',
  'workers/canary',
  'platform/oauth',
  'engine/owners',
  'stack/stack',
  'engine/rewind',
  'operations/follow',
].map((name) => new RegExp(`[\\\\/]test[\\\\/]${name.replace('/', '[\\\\/]')}\\.test\\.ts$`));

export default class SlowestFirst extends TestSequencer {
  /** Jest's own order behind them: what took longest last time where that is known, else the largest file. */
  sort(tests) {
    const rank = ({ path }) => slowest.findIndex((pattern) => pattern.test(path));
    const [first, others] = [[], []];
    for (const one of super.sort(tests)) (rank(one) === -1 ? others : first).push(one);
    return [...first.sort((a, b) => rank(a) - rank(b)), ...others];
  }
}
