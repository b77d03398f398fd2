/** The heartbeat time-out of the yard's syncs: a worker that is silent for this long is replaced. */
export const HEARTBEAT_MS = 2000;
