import { SyncFailure } from '../../model/failure.ts';
import { formatProblem, hasErrors } from '../../model/problem.ts';
import type { Project } from '../../model/project.ts';
import { type CheckedProject, checkProject } from '../../platform/project/load.ts';
import { createWorld } from '../../workers/world.ts';
import { type Finding, failed, failedBy, ok, skipped, warning } from './finding.ts';

const part = 'Project';

export interface ProjectFindings {
  readonly findings: readonly Finding[];
  readonly invalid: boolean;
}

/** The files of the project, and each system that it names. */
export async function checkProjectFolder(folder: string, env: NodeJS.ProcessEnv): Promise<ProjectFindings> {
  const checked = await checkProject(folder, env);
  const connections = checked.project === undefined ? [] : await checkConnections(checked.project, env);
  return { findings: [judge(folder, checked), ...connections], invalid: hasErrors(checked.problems) };
}

function judge(folder: string, { project, problems }: CheckedProject): Finding {
  const found = `${folder}: ${count(project?.syncs.size ?? 0, 'sync')}, ${count(project?.connections.size ?? 0, 'system')}`;
  const [first] = [...problems].sort((a, b) => Number(a.severity === 'warning') - Number(b.severity === 'warning'));
  if (first === undefined) return ok(part, found);
  const counted = `${found}; ${count(problems.length, 'problem')}, first: ${formatProblem(first)}`;
  const say = first.severity === 'error' ? failed : warning;
  return say(part, counted, '`syncline check` lists them.');
}

const count = (number: number, noun: string): string => `${number} ${noun}${number === 1 ? '' : 's'}`;

const connectionLimitMs = 15_000;
/** For a connector that does not listen to the signal. */
const late = (signal: AbortSignal): Promise<never> =>
  new Promise((_resolve, reject) => {
    const words = `no answer within ${connectionLimitMs / 1000} s`;
    signal.addEventListener('abort', () => reject(new SyncFailure('TIMEOUT', words)), { once: true });
  });

const silentLog = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

async function checkConnections(project: Project, env: NodeJS.ProcessEnv): Promise<Finding[]> {
  const world = createWorld(project.folder, env, silentLog);
  try {
    return await Promise.all(
      [...project.connections.values()].map(async (connection) => {
        const name = `Connection ${connection.name}`;
        const connector = project.connectors.get(connection.kind);
        if (connector === undefined) return skipped(name, `no connector of kind ${connection.kind}`);
        try {
          const signal = AbortSignal.timeout(connectionLimitMs);
          return ok(
            name,
            await Promise.race([connector.check(connection, world.toolsFor(connection), signal), late(signal)]),
          );
        } catch (error) {
          return failedBy(name, error);
        }
      }),
    );
  } finally {
    await world.close();
  }
}
