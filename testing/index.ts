/**
 * What the tests of a connector import from 'syncline/testing'. They run in whatever offers `describe`, `test`,
 * `beforeEach`, `afterEach` and `expect` as globals.
 */
export { acceptance } from './acceptance.ts';
export { type ConnectionInput, type Lent, lend } from './lend.ts';
export { type Sample, sample, samples } from './samples.ts';
export type { CaseName, LiveSystem, Subject } from './subject.ts';
