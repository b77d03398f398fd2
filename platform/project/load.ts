import { SyncFailure } from '../../model/failure.ts';
import { formatProblem, type Problem } from '../../model/problem.ts';
import type { Project } from '../../model/project.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/** The project has errors; `problems` holds all of them, warnings too. */
export class ProjectInvalid extends SyncFailure {
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[]) {
    const errors = problems.filter((problem) => problem.severity === 'error');
    const first = errors[0] === undefined ? 'the project cannot be read' : formatProblem(errors[0]);
    super('PROJECT_INVALID', errors.length > 1 ? `${first} (and ${errors.length - 1} more)` : first, {
      effect: 'none',
    });
    this.problems = problems;
  }
}

export interface CheckedProject {
  /** What could be read: connections and syncs without errors. Absent when there is no project at all. */
  readonly project?: Project;
  readonly problems: readonly Problem[];
}

/** Reads and checks the project of a folder. Throws ProjectInvalid, with every problem, when there is an error. */
export async function loadProject(folder: string, env: Environment): Promise<Project> {
  const { project, problems } = await checkProject(folder, env);
  if (!project || problems.some((problem) => problem.severity === 'error')) throw new ProjectInvalid(problems);
  return project;
}

/** Reads and checks the project of a folder: all errors and warnings at once. Never throws for mistakes of its author. */
export async function checkProject(_folder: string, _env: Environment): Promise<CheckedProject> {
  return { problems: [] };
}

/** Changes when a file that the project is made of has changed: cheap, reads no contents. */
export async function projectFingerprint(_folder: string): Promise<string> {
  return '';
}
