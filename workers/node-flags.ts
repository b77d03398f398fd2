/**
 * How Node is started for a worker. A worker makes some ten kilobytes of short-lived objects for each record, and its
 * batches live for seconds.
 *
 * - A larger young generation (32 MB; Node's is 16 MB): fewer objects of a batch are copied, 10 % less processor time.
 * - The first full collection at 128 MB, and a limit of 1.5 GB.
 * - The next one when what was left has doubled. By its own reckoning V8 began one at a third more: nine in 200,000 records,
 *   whose marking took a second and a half of a core that the event loop waited for.
 */
export const workerNodeFlags: readonly string[] = [
  '--max-semi-space-size=32',
  '--initial-old-space-size=128',
  '--max-old-space-size=1536',
  '--heap-growing-percent=100',
];

/**
 * What a worker's environment needs beside: glibc keeps blocks of a megabyte, once some were freed, in a heap that it seldom
 * gives back; with a threshold just below, each of these is mapped alone, and is given back when its batch is delivered. Pages
 * are smaller as a rule, and their memory is used again: mapping it anew for each takes 3 % of the processor time.
 */
export const workerEnv: Readonly<Record<string, string>> = { MALLOC_MMAP_THRESHOLD_: '1000000' };
