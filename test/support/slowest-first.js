import TestSequencer from '@jest/test-sequencer';

const building = /[\\/]test[\\/]real[\\/]/;

/**
 * Jest's own order, but first the tests that build other people's programs where none is cached: left to the end, they
 * keep one core idle for minutes.
 */
export default class SlowestFirst extends TestSequencer {
  sort(tests) {
    const sorted = super.sort(tests);
    return [...sorted.filter(({ path }) => building.test(path)), ...sorted.filter(({ path }) => !building.test(path))];
  }
}
