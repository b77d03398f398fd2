import { randomUUID } from 'node:crypto';
import { open, rename, rm } from 'node:fs/promises';
import { errorCode } from '../../model/failure/error-code.ts';

/** A reader sees the old file or the whole new one, never a half, also after a power cut; a failure leaves the old one. */
export async function writeFileAtomically(file: string, text: string, mode = 0o644): Promise<void> {
  const temporary = `${file}.${randomUUID()}.tmp`;
  await writeNewFile(temporary, text, mode);
  try {
    await rename(temporary, file);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

/** Makes a file unless there is one; whether it did. A failure, as on a full disk, leaves none. */
export async function createFile(file: string, text: string, mode = 0o644): Promise<boolean> {
  try {
    await writeNewFile(file, text, mode);
    return true;
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return false;
    throw error;
  }
}

async function writeNewFile(file: string, text: string, mode: number): Promise<void> {
  const handle = await open(file, 'wx', mode);
  try {
    await handle.writeFile(text);
    await handle.sync();
  } catch (error) {
    await rm(file, { force: true });
    throw error;
  } finally {
    await handle.close();
  }
}
