import { counted } from '../../model/text/counted.ts';
import { formatProblem } from '../../model/text/problem.ts';
import type { Environment } from '../../platform/foundation/environment.ts';
import { type CheckedProject, checkProject } from '../../project/load.ts';
import { findingsOf } from '../live/judge.ts';
import { callProject } from '../live/probe.ts';
import { type Finding, failed, ok, warning } from './finding.ts';
import { checkSecrets } from './secrets.ts';

const part = 'Project';

/** The files of the project, the secrets and the answer of each system that it names, and the first page of each sync. */
export async function checkProjectFolder(
  folder: string,
  env: Environment,
  databaseUrl: string | null,
): Promise<readonly Finding[]> {
  const checked = await checkProject(folder, env);
  const { project } = checked;
  if (project === undefined) return [judge(folder, checked)];
  const called = findingsOf(await callProject(project, env, databaseUrl));
  return [judge(folder, checked), ...(await checkSecrets(project, env)), ...called];
}

function judge(folder: string, { project, problems }: CheckedProject): Finding {
  const found = `${folder}: ${counted(project?.syncs.size ?? 0, 'sync')}, ${counted(project?.connections.size ?? 0, 'system')}`;
  const [first] = [...problems].sort((a, b) => Number(a.severity === 'warning') - Number(b.severity === 'warning'));
  if (first === undefined) return ok(part, found);
  const summary = `${found}; ${counted(problems.length, 'problem')}, first: ${formatProblem(first)}`;
  const say = first.severity === 'error' ? failed : warning;
  return say(part, summary, '{check} lists them.');
}
