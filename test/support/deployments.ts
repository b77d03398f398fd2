import type { TemporalConnection } from '../../platform/temporal/connection.ts';

/** Builds of workers that follow each other under one name. */
export interface Deployment {
  /** The build on which runs begin; null before one was chosen: then none begins. */
  readonly current: string | null;
  readonly builds: readonly Build[];
}

export interface Build {
  readonly id: string;
  /** ISO 8601. */
  readonly since: string | null;
  /** `drained`: no run needs its workers any more. `draining`: runs that began on it are open. */
  readonly state: 'current' | 'draining' | 'drained' | 'unused';
}

type Seen = Pick<TemporalConnection, 'client' | 'namespace'>;

/** Null when no worker with a build id has ever polled under this name. */
export async function describeDeployment(
  { client, namespace }: Seen,
  deploymentName: string,
): Promise<Deployment | null> {
  const service = client.workflowService;
  const answer = await service.describeWorkerDeployment({ namespace, deploymentName }).catch((error: unknown) => {
    if (isNotFound(error)) return null;
    throw error;
  });
  const info = answer?.workerDeploymentInfo;
  if (!info) return null;
  const current = info.routingConfig?.currentDeploymentVersion?.buildId ?? null;
  const builds = (info.versionSummaries ?? []).map((version): Build => {
    const id = version.deploymentVersion?.buildId ?? '';
    const seconds = version.createTime?.seconds;
    const drainage = Number(version.drainageStatus ?? 0);
    return {
      id,
      since: seconds ? new Date(Number(seconds) * 1000).toISOString() : null,
      state:
        id === current ? 'current' : drainage === DRAINED ? 'drained' : drainage === DRAINING ? 'draining' : 'unused',
    };
  });
  return { current, builds };
}

/** From now on runs begin on this build. Throws what Temporal says when no worker of it has polled yet. */
export async function promoteBuild(
  { client, namespace }: Seen,
  deploymentName: string,
  buildId: string,
): Promise<void> {
  await client.workflowService.setWorkerDeploymentCurrentVersion({
    namespace,
    deploymentName,
    buildId,
    identity: 'syncline',
  });
}

/** Values of `VersionDrainageStatus` in Temporal's API. */
const DRAINING = 1;
const DRAINED = 2;

const isNotFound = (error: unknown): boolean =>
  typeof error === 'object' && error !== null && 'code' in error && error.code === 5;
