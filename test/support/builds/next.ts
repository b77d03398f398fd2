import { sleep } from '@temporalio/workflow';
import { sync as today } from '../../../workflows/sync.ts';

/** The workflow of a build on which no run of today's code could be replayed: it begins with a timer. */
export async function sync(...input: Parameters<typeof today>): ReturnType<typeof today> {
  await sleep(1);
  return today(...input);
}
