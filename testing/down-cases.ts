import { failures, isSyncFailure, type SyncFailure } from '../model/failure/failure.ts';
import { connectionOf, type Given, never, openDestination, openSource } from './given.ts';
import { readAll } from './read-all.ts';
import { sample, samples } from './samples.ts';
import type { LiveSystem, Subject } from './subject.ts';
import { requestOf, upsert } from './write-items.ts';

/** What it says of a system that is there, and of one that is down. */
export function downCases(given: Given): void {
  const { subject, system } = given;
  const expectDown = (failure: SyncFailure) => {
    expect(failure.code).toBe(subject.whenDown);
    if (subject.cannot?.['retry when down'] === undefined) expect(failures[failure.code].next).toBe('retry');
    expect(failure.effect).toBe('none');
  };

  test('checks the system and names it', async () => {
    const line = await check(subject, system());
    expect(line).toContain(system().connection.name);
    expect(line).not.toContain('\n');
  });

  test('says with a code that the system is down, when checking', async () => {
    await system().takeDown();
    expectDown(await failureOf(check(subject, system())));
  });

  test('says with a code that the system is down, when reading', async () => {
    await system().seed(samples(3));
    const source = openSource(subject, system());
    await system().takeDown();
    expectDown(await failureOf(readAll(source)));
  });

  test('says with a code that the system is down, and that nothing was written, when writing', async () => {
    const destination = openDestination(subject, system());
    await system().takeDown();
    expectDown(await failureOf(destination.write(requestOf('down', [upsert(subject, sample(1))]))));
  });
}

const check = (subject: Subject, system: LiveSystem): Promise<string> =>
  subject.connector.check(connectionOf(subject, system), system.tools, never());

async function failureOf(work: Promise<unknown>): Promise<SyncFailure> {
  const error = await work.then(
    () => new Error('it did not fail'),
    (reason: unknown) => reason,
  );
  if (!isSyncFailure(error)) throw error;
  return error;
}
