import { z } from 'zod';
import { refusal } from '../../model/failure/failure.ts';
import type { Authority } from '../../operations/authority.ts';
import { operation } from '../../operations/operation.ts';
import { folderContext } from '../support/operation-context.ts';

const asked = operation({
  name: 'status',
  effect: 'reads',
  input: z.object({ sync: z.string() }),
  document: z.object({ ok: z.boolean() }),
  target: ({ sync }) => sync,
  work: async (_, { sync }) => {
    if (sync === 'gone') throw refusal('NAME_UNKNOWN', 'no sync gone');
    return { ok: true };
  },
});

/** What an authority was told of one act. */
async function toldOf(sync: string, more: Partial<Authority> = {}): Promise<readonly (string | null)[]> {
  const told: (string | null)[] = [];
  const authority: Authority = {
    allow: async () => {},
    record: async (_who, { target }, failure) => {
      told.push(target, failure);
    },
    ...more,
  };
  await asked.perform({ ...folderContext('.'), authority }, { sync }).catch(() => {});
  return told;
}

test('invariant 13, one place of action: an act is kept once, whether it was done, failed or was refused', async () => {
  expect(await toldOf('orders')).toEqual(['orders', null]);
  expect(await toldOf('gone')).toEqual(['gone', 'NAME_UNKNOWN']);
  const allow = async () => {
    throw refusal('USAGE', 'not you');
  };
  expect(await toldOf('orders', { allow })).toEqual(['orders', 'USAGE']);
});

test('what was done is not told as failed when it cannot be kept', async () => {
  const told: (string | null)[] = [];
  const record: Authority['record'] = async (_who, _act, failure) => {
    told.push(failure);
    throw new Error('the log is full');
  };
  await toldOf('orders', { record });
  expect(told).toEqual([null]);
});
