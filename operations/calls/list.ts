import { z } from 'zod';
import { checkProject } from '../../project/load.ts';
import type { EngineContext } from '../context.ts';
import { call } from '../contracts/call.ts';
import { refuseUnknownName } from '../known-names.ts';
import { operation } from '../operation.ts';

/** Calls that are listed when no limit is stated. */
export const LISTED = 50;

/** Which calls are wanted; all that is given has to hold. See `CallChoice`. */
const callChoice = z.object({
  status: z.int().exactOptional(),
  key: z.string().exactOptional(),
  run: z.string().exactOptional(),
  batch: z.int().exactOptional(),
  step: z.string().exactOptional(),
  slowMs: z.number().exactOptional(),
  since: z.string().exactOptional(),
  failed: z.boolean().exactOptional(),
  limit: z.int().min(1).max(10_000).exactOptional(),
});
export type CallChoice = z.output<typeof callChoice>;

/** Calls of the journal, latest first; `of`: a sync or a connection. Throws NAME_UNKNOWN for a name that is neither. */
export const listCalls = operation({
  name: 'calls.list',
  effect: 'reads',
  input: z.object({ of: z.string(), choice: callChoice }),
  document: z.object({ of: z.string(), calls: z.array(call).readonly() }),
  target: ({ of }) => of,
  async work({ projectFolder, env, engine }: EngineContext, { of, choice }) {
    const { ledger } = await engine();
    const calls = await ledger.calls.list({ limit: LISTED, ...choice, of });
    if (calls.length === 0) refuseUnknownName((await checkProject(projectFolder, env)).project, of);
    return { of, calls };
  },
});
