import TestSequencer from '@jest/test-sequencer';

/**
 * What takes longest on a machine that has not run the tests before, longest first: left to the end, one of them keeps all
 * cores but one idle. A file that is missing here is only begun later.
 */
const slowest = [
  'sync',
  'worker-process',
  'stack-dev',
  'stack-postgres',
  'recover',
  'plan',
  'quarantine',
  'batch-memory',
  'mended',
  'schedule-runs',
  'watermark-runs',
  'doubts',
  'deletes',
  'simulation',
  'reconcile-cli',
  'idle-run',
  'unagreed',
  'conflict',
  'reconcile',
  'unclear',
  'steer',
  'demo',
  'canary',
  'oauth',
  'owners',
  'stack',
  'rewind',
  'follow',
].map((name) => new RegExp(`[\\\\/]test[\\\\/]${name}\\.test\\.ts$`));

export default class SlowestFirst extends TestSequencer {
  /** Jest's own order behind them: what took longest last time where that is known, else the largest file. */
  sort(tests) {
    const rank = ({ path }) => slowest.findIndex((pattern) => pattern.test(path));
    const [first, others] = [[], []];
    for (const one of super.sort(tests)) (rank(one) === -1 ? others : first).push(one);
    return [...first.sort((a, b) => rank(a) - rank(b)), ...others];
  }
}
