import { doctor } from '../../operations/doctor/doctor.ts';
import { failed, ok, skipped } from '../../operations/doctor/finding.ts';
import type { Machine } from '../../operations/doctor/machine.ts';
import { withDatabase } from '../support/database.ts';
import { lookingContext } from '../support/looking-context.ts';
import { paperProject, withProject } from '../support/temp-project.ts';
import { testTemporal } from '../support/temporal.ts';

const machine: Machine = {
  itself: async () => [ok('Node.js', 'new enough')],
  temporal: async () => [skipped('Temporal', 'not running')],
  postgres: async (databaseUrl) => ok('PostgreSQL', databaseUrl === null ? 'could be started' : 'is up'),
};

test('findings are a document, with what helps as names of operations and what it concerns', () =>
  withDatabase((databaseUrl) =>
    withProject(paperProject(), async (folder) => {
      const temporal = { temporalAddress: testTemporal(), namespace: 'default', uiUrl: null };
      const context = { ...lookingContext(folder, { temporal, databaseUrl }), machine };
      const document = await doctor.perform(context, {});
      expect(doctor.document.parse(document)).toEqual(document);
      const found = new Map(document.findings.map((one) => [one.part, one]));
      expect(found.get('PostgreSQL')).toMatchObject({ state: 'ok', found: 'is up' });
      expect(found.get('Temporal')).toMatchObject({ found: expect.stringContaining(testTemporal()) });
      expect(found.get('Project')?.state).toBe('ok');
      // Nothing of paper ever answers.
      expect(found.get('Connection shop')?.state).toBe('failed');
      expect(document.ok).toBe(false);
      expect(found.get('Worker')?.todo).toMatch(/^Start one: \{stack\.start\}/);
    }),
  ));

test('where nothing is up the machine says what could be started; what it finds failed is not well', () =>
  withProject({}, async (folder) => {
    const broken: Machine = { ...machine, itself: async () => [failed('Disk', 'is full', 'Free some space.')] };
    const { ok: isWell, findings } = await doctor.perform({ ...lookingContext(folder), machine: broken }, {});
    expect(isWell).toBe(false);
    expect(findings.map(({ part, state }) => [part, state])).toEqual([
      ['Disk', 'failed'],
      ['Temporal', 'skipped'],
      ['PostgreSQL', 'ok'],
      ['Project', 'failed'],
    ]);
    expect(findings.at(-1)?.todo).toBe('{check} lists them.');
  }));
