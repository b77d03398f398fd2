import { z } from 'zod';
import { errorCode, type Fence, SyncFailure } from '../../index.ts';
import { malformed, withFile } from './failures.ts';
import { openRegular } from './folder.ts';
import { besideOf, replaceFile } from './replace.ts';

const fences = z.record(z.string(), z.number());

/**
 * Invariant 7, one writer: refuses a writer whose number is lower than the one stored beside the file, and stores a
 * higher one. Call it with the lock held.
 */
export async function takeFileFence(
  full: string,
  file: string,
  fence: Fence,
  confirm: () => Promise<void>,
): Promise<void> {
  const beside = besideOf(full, 'fence');
  const stored = await storedFences(beside, file);
  const number = Object.hasOwn(stored, fence.sync) ? (stored[fence.sync] ?? 0) : 0;
  if (number > fence.number)
    throw new SyncFailure('FENCED', `writer ${fence.number} of ${fence.sync} was replaced by writer ${number}`, {
      effect: 'none',
    });
  if (number < fence.number)
    await replaceFile(beside, file, once(JSON.stringify({ ...stored, [fence.sync]: fence.number })), confirm);
}

async function* once(text: string): AsyncIterable<string> {
  yield text;
}

function storedFences(beside: string, file: string): Promise<Readonly<Record<string, number>>> {
  return withFile(file, async () => {
    try {
      const handle = await openRegular(beside, beside);
      try {
        return fences.parse(JSON.parse(await handle.readFile('utf8')));
      } finally {
        await handle.close();
      }
    } catch (error) {
      if (errorCode(error) === 'ENOENT') return {};
      if (error instanceof SyntaxError || error instanceof z.ZodError)
        throw malformed(beside, 'it is no list of writers');
      throw error;
    }
  });
}
