/** What the tests of a connector import from 'syncline/testing'. They run in whatever offers `describe`, `test` and `expect`. */
export { acceptance, type CaseName, type LiveSystem, type Subject } from './acceptance.ts';
export { type Sample, sample, samples } from './samples.ts';
