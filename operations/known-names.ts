import { refusal } from '../model/failure/failure.ts';
import type { Project } from '../model/sync/project.ts';
import { didYouMean } from '../model/text/near-name.ts';

/** A misspelt name must not read as a sync or connection that was never called. A project that cannot be read refuses none. */
export function refuseUnknownName(project: Project | undefined, name: string): void {
  if (project === undefined) return;
  const names = [...project.syncs.keys(), ...project.connections.keys()];
  if (names.includes(name)) return;
  throw refusal('NAME_UNKNOWN', `there is no sync and no connection \`${name}\`.${didYouMean(name, names)}`);
}

/** A misspelt name must not read as a connection that is well. A project that cannot be read refuses none. */
export function refuseUnknownConnection(project: Project | undefined, name: string): void {
  if (project === undefined || project.connections.has(name)) return;
  throw refusal(
    'CONNECTION_UNKNOWN',
    `the project has no connection \`${name}\`.${didYouMean(name, [...project.connections.keys()])}`,
  );
}
