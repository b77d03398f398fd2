/** The address of the Temporal server of this test run. Throws with the reason when there is none. */
export function testTemporal(): string {
  return fromSetUp('SYNCLINE_TEST_TEMPORAL');
}

/** The address of the PostgreSQL of this test run, as its superuser; for databases of one's own see database.ts. */
export function testDatabaseServer(): string {
  return fromSetUp('SYNCLINE_TEST_DATABASE');
}

function fromSetUp(name: string): string {
  const value = process.env[name];
  if (value) return value;
  throw new Error(
    `${name} is not set: ${process.env['SYNCLINE_TEST_PROBLEMS'] || 'test/support/global-setup.ts did not run'}`,
  );
}
