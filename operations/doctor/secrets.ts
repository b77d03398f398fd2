import type { Project } from '../../model/sync/project.ts';
import { engineKeys } from '../../platform/crypto/engine-keys.ts';
import type { Environment } from '../../platform/foundation/environment.ts';
import { type ReferenceState, statesOf } from '../../platform/secrets/references.ts';
import { type Finding, failed, failedBy, ok, warning } from './finding.ts';

/** The secrets of each connection, looked up wherever they lie: which are there, and never what they are. */
export async function checkSecrets(project: Project, env: Environment): Promise<readonly Finding[]> {
  const world = { env, projectFolder: project.folder };
  const findings = await Promise.all(
    [...project.connections.values()].map(async (connection) => {
      const states = await statesOf(connection, world, true);
      return states.length === 0 ? [] : [findingOf(`Secrets of ${connection.name}`, states)];
    }),
  );
  return [...findings.flat(), ...(await checkKey(project, env))];
}

function findingOf(part: string, states: readonly ReferenceState[]): Finding {
  const found = states
    .map(({ path, reference, state, reason }) => `${path} (${reference}): ${reason ?? state}`)
    .join('\n');
  const isSound = states.every(({ state }) => state === 'there');
  return isSound ? ok(part, found) : failed(part, found, 'Put the secret where the line says that it is missing.');
}

/** Only of a project that keeps something encrypted that it cannot do without. */
async function checkKey(project: Project, env: Environment): Promise<readonly Finding[]> {
  const needing = [...project.connections.values()].filter(({ auth }) => auth?.kind === 'oauth2');
  if (needing.length === 0) return [];
  const part = 'Engine key';
  try {
    const { current } = await engineKeys(env, project.folder);
    if (current !== null) return [ok(part, `key ${current} seals`)];
    const names = needing.map(({ name }) => name).join(', ');
    const todo = 'Set SYNCLINE_KEY or SYNCLINE_KEY_FILE; docs/secrets.md says how to make a key.';
    return [warning(part, `there is none, and the tokens of ${names} are kept encrypted`, todo)];
  } catch (error) {
    return [failedBy(part, error)];
  }
}
