import { ActivityCancellationType, proxyActivities } from '@temporalio/workflow';
import type { Activities } from '../activities/index.ts';
import type { Policy } from '../model/sync/policy.ts';

/**
 * The steps under the limits of a policy. Cancellation is waited for, so that a run never ends while one of its steps
 * still writes.
 */
export const stepsUnder = (policy: Policy) =>
  proxyActivities<Activities>({
    startToCloseTimeout: policy.stepTimeout,
    scheduleToCloseTimeout: policy.giveUpAfter,
    heartbeatTimeout: policy.heartbeatTimeout,
    cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
    retry: { initialInterval: policy.retryFirst, maximumInterval: policy.retryMax, backoffCoefficient: 2 },
  });

/**
 * Short steps on ledger and Temporal, before a policy is known and after it has had its say. Their pauses stay short: a
 * run that only has to be opened or closed should not sleep on for most of a minute when an outage is over.
 */
export const ledgerSteps = proxyActivities<Pick<Activities, 'openRun' | 'closeRun' | 'hurryRun'>>({
  startToCloseTimeout: '1 minute',
  scheduleToCloseTimeout: '24 hours',
  heartbeatTimeout: '5 seconds',
  cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
  retry: { initialInterval: '1 second', maximumInterval: '10 seconds', backoffCoefficient: 2 },
});

export type Steps = ReturnType<typeof stepsUnder>;
