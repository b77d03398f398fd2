import { z } from 'zod';
import { callDetail } from '../../model/connection/call.ts';
import { refusal } from '../../model/failure/failure.ts';
import { engineKeys } from '../../platform/crypto/engine-keys.ts';
import { openDetail } from '../../platform/outbound/journal/entry.ts';
import type { EngineContext } from '../context.ts';
import { call } from '../contracts/call.ts';
import { operation } from '../operation.ts';

/** A call with what was sealed of it. */
const openedCall = call.extend({
  /** Entries that were lost before this one. */
  lostBefore: z.number(),
  /** Null where only the facts were kept. */
  detail: callDetail.nullable(),
});
export type OpenedCall = z.output<typeof openedCall>;

/** All of one call. Throws CALL_UNKNOWN, and what opening the sealed part throws without its key. */
export const showCall = operation({
  name: 'calls.show',
  effect: 'reads',
  input: z.object({ id: z.string() }),
  document: openedCall,
  target: () => null,
  async work({ projectFolder, env, engine }: EngineContext, { id }) {
    const keys = await engineKeys(env, projectFolder);
    const { ledger } = await engine();
    const stored = await ledger.calls.show(id);
    if (stored === undefined)
      throw refusal(
        'CALL_UNKNOWN',
        `the journal has no call ${id.slice(0, 40)}: it was never there, or is no longer kept`,
      );
    const { detail, ...facts } = stored;
    return { ...facts, detail: detail === null ? null : await openDetail(detail, keys) };
  },
});
