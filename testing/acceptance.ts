import { destinationCases } from './destination-cases.ts';
import { downCases } from './down-cases.ts';
import { settingsCases } from './settings-cases.ts';
import { sourceCases } from './source-cases.ts';
import type { LiveSystem, Subject } from './subject.ts';

/**
 * The definition of a connector: every connector passes every case, or says why a case cannot apply to it.
 * Adding a connector is one call.
 */
export function acceptance(name: string, subject: Subject): void {
  describe(`connector ${name}`, () => {
    let system: LiveSystem;
    beforeEach(async () => {
      system = await subject.setUp();
    });
    afterEach(async () => {
      await system.close();
    });
    const given = { subject, system: () => system };
    settingsCases(given);
    sourceCases(given);
    destinationCases(given);
    downCases(given);
  });
}
