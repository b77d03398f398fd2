import { endpointNames, type Project } from '../../model/sync/project.ts';
import type { DesiredSchedule } from '../../platform/temporal/schedules/encode.ts';

/** The schedules that the files of a project ask for. */
export const desiredSchedules = (project: Pick<Project, 'syncs'>, taskQueue: string): readonly DesiredSchedule[] =>
  [...project.syncs.values()].flatMap((loaded) =>
    loaded.schedule ? [{ sync: loaded.name, schedule: loaded.schedule, taskQueue, sides: endpointNames(loaded) }] : [],
  );
