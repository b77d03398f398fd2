import { counted } from '../../model/text/counted.ts';
import { formatProblem, hasErrors } from '../../model/text/problem.ts';
import { callProject } from '../../operations/live/probe.ts';
import { type CheckedProject, checkProject } from '../../project/load.ts';
import { findingsOf } from '../live/judge.ts';
import { inTerminalWords } from '../live/words.ts';
import { type Finding, failed, ok, warning } from './finding.ts';
import { checkSecrets } from './secrets.ts';

const part = 'Project';

export interface ProjectFindings {
  readonly findings: readonly Finding[];
  readonly invalid: boolean;
}

/** The files of the project, the secrets and the answer of each system that it names, and the first page of each sync. */
export async function checkProjectFolder(
  folder: string,
  env: NodeJS.ProcessEnv,
  databaseUrl: string | null,
): Promise<ProjectFindings> {
  const checked = await checkProject(folder, env);
  const { project } = checked;
  const called = project === undefined ? [] : findingsOf(inTerminalWords(await callProject(project, env, databaseUrl)));
  const secrets = project === undefined ? [] : await checkSecrets(project, env);
  return { findings: [judge(folder, checked), ...secrets, ...called], invalid: hasErrors(checked.problems) };
}

function judge(folder: string, { project, problems }: CheckedProject): Finding {
  const found = `${folder}: ${counted(project?.syncs.size ?? 0, 'sync')}, ${counted(project?.connections.size ?? 0, 'system')}`;
  const [first] = [...problems].sort((a, b) => Number(a.severity === 'warning') - Number(b.severity === 'warning'));
  if (first === undefined) return ok(part, found);
  const summary = `${found}; ${counted(problems.length, 'problem')}, first: ${formatProblem(first)}`;
  const say = first.severity === 'error' ? failed : warning;
  return say(part, summary, '`syncline check` lists them.');
}
