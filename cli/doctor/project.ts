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
  const found = `${folder}: ${project?.syncs.size ?? 0} syncs, ${project?.connections.size ?? 0} systems`;
  const [first] = [...problems].sort((a, b) => Number(a.severity === 'warning') - Number(b.severity === 'warning'));
  if (first === undefined) return ok(part, found);
  const counted = `${found}; ${problems.length} problem${problems.length === 1 ? '' : 's'}, first: ${formatProblem(first)}`;
  const say = first.severity === 'error' ? failed : warning;
  return say(part, counted, '`syncline check` lists them.');
}

const connectionLimitMs = 15_000;
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
          const tools = world.toolsFor(connection);
          return ok(name, await connector.check(connection, tools, AbortSignal.timeout(connectionLimitMs)));
        } catch (error) {
          return failedBy(name, error);
        }
      }),
    );
  } finally {
    await world.close();
  }
}
