import { randomBytes } from 'node:crypto';
import { join, resolve } from 'node:path';
import { SyncFailure } from '../../model/failure/failure.ts';
import { createFile } from '../foundation/atomic-file.ts';
import { readPrivateFile } from '../foundation/private-file.ts';
import { stateFolderOf } from '../foundation/state-folder.ts';
import { KEY_BYTES, type Keyring, keyring } from './keyring.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** The key that the embedded stack makes for itself, of a project without one. */
const keyFileOf = (projectFolder: string): string => join(stateFolderOf(projectFolder), 'key');

/**
 * The keys of this engine: `SYNCLINE_KEY`, else the file of `SYNCLINE_KEY_FILE`, else `.syncline/key` of the project,
 * else none, and the ring is empty. Several keys are separated by space, comma or line end; the first one seals.
 *
 * Throws ENCRYPTION_KEY_MISSING when what is named cannot be read, lies open to others, or holds anything but keys.
 */
export async function engineKeys(env: Environment, projectFolder: string): Promise<Keyring> {
  if (env['SYNCLINE_KEY']) return keyring(parsed(env['SYNCLINE_KEY'], 'SYNCLINE_KEY'));
  const named = env['SYNCLINE_KEY_FILE'] || undefined;
  const path = named ? resolve(projectFolder, named) : keyFileOf(projectFolder);
  const shown = named ?? '.syncline/key';
  const found = await readPrivateFile(path, 'key file', shown);
  if ('text' in found) return keyring(parsed(found.text, `the key file ${shown}`));
  if (!named && found.fault === 'absent') return keyring([]);
  throw new SyncFailure('ENCRYPTION_KEY_MISSING', found.reason, { effect: 'none' });
}

/** Makes `.syncline/key` unless there is one, or the environment names a key. The folder `.syncline/` has to be there. */
export async function ensureEngineKey(env: Environment, projectFolder: string): Promise<void> {
  if (env['SYNCLINE_KEY'] || env['SYNCLINE_KEY_FILE']) return;
  const text = `${randomBytes(KEY_BYTES).toString('base64')}\n`;
  await createFile(keyFileOf(projectFolder), text, 0o600);
}

function parsed(text: string, where: string): readonly Buffer[] {
  const words = text.split(/[\s,]+/).filter((word) => word !== '');
  const keys = words.map((word) => (/^[A-Za-z0-9+/_-]+=*$/.test(word) ? Buffer.from(word, 'base64') : Buffer.of()));
  if (keys.length > 0 && keys.every(({ length }) => length === KEY_BYTES)) return keys;
  const message = `${where} holds something that is no key: expected ${KEY_BYTES} bytes in base64, as \`openssl rand -base64 32\` makes them`;
  throw new SyncFailure('ENCRYPTION_KEY_MISSING', message, { effect: 'none' });
}
