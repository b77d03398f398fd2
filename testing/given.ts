import type { Destination, Source } from '../model/connector/connector.ts';
import type { Json, JsonRecord } from '../model/record/json.ts';
import type { Sample } from './samples.ts';
import type { CaseName, LiveSystem, Subject } from './subject.ts';

/** What each case is given: the subject, and the system that was set up for it. */
export interface Given {
  readonly subject: Subject;
  readonly system: () => LiveSystem;
}

/** A case that may not apply to a subject. */
export function caseOf({ subject }: Given, name: CaseName, title: string, body: () => Promise<void>): void {
  const reason = subject.cannot?.[name];
  if (reason === undefined) test(title, body);
  else test.skip(`${title} (${reason})`, body);
}

export function openSource(subject: Subject, system: LiveSystem): Source {
  const { connector } = subject;
  const options = connector.source.options.parse(system.source);
  return connector.source.open(connectionOf(subject, system), options, system.tools);
}

export function openDestination(subject: Subject, system: LiveSystem): Destination {
  const { connector } = subject;
  const options = connector.destination.options.parse(system.destination);
  return connector.destination.open(connectionOf(subject, system), options, system.tools);
}

export const connectionOf = (subject: Subject, { connection }: LiveSystem) => ({
  ...connection,
  settings: subject.connector.settings.parse(connection.settings),
});

export const never = (): AbortSignal => new AbortController().signal;
export const asIs = (one: Sample): JsonRecord => ({ ...one });
export const idOf = (record: Json): Json => objectOf(record)['id'] as Json;
export const byId = (records: readonly Json[]): Json[] =>
  [...records].sort((a, b) => (String(idOf(a)) < String(idOf(b)) ? -1 : 1));
export const objectOf = (value: unknown): Record<string, unknown> => ({ ...(value as Record<string, unknown>) });
