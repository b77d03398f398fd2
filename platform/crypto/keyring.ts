import { createCipheriv, createDecipheriv, createHmac, randomBytes } from 'node:crypto';
import { SyncFailure } from '../../model/failure/failure.ts';

/**
 * Encryption at rest: AES-256-GCM (NIST SP 800-38D) with a fresh random nonce for each message. An envelope names the
 * key that sealed it, so that keys can be renewed: the first of the ring seals, every one of it opens.
 *
 * version (1 byte) · key id (8) · nonce (12) · tag (16) · ciphertext
 */
export interface Keyring {
  /** The key that seals, by its id; null for an empty ring. */
  readonly current: string | null;
  /**
   * Encrypts. `purpose` says what it is, such as `token of shop`, and has to be the same at opening: an envelope moved
   * to another place does not open there. Throws ENCRYPTION_KEY_MISSING when the ring is empty.
   */
  seal(plain: Buffer, purpose: string): Buffer;
  /** Throws ENCRYPTION_KEY_MISSING without the key that sealed it, SEALED_DATA_DAMAGED when a bit of it has changed. */
  open(envelope: Buffer, purpose: string): Buffer;
  /** Whether `open` has the key of this envelope. */
  knows(envelope: Buffer): boolean;
}

export const KEY_BYTES = 32;

const VERSION = 1;
const ID_BYTES = 8;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const HEADER_BYTES = 1 + ID_BYTES;

/** The bytes that an envelope has more than what is in it. */
export const ENVELOPE_OVERHEAD_BYTES = HEADER_BYTES + NONCE_BYTES + TAG_BYTES;

/** A ring of keys of 32 bytes each. The id of a key follows from the key, so that nobody has to hand out names. */
export function keyring(keys: readonly Buffer[]): Keyring {
  const byId = new Map(keys.map((key) => [idOf(key).toString('hex'), key]));
  const [first] = keys;
  const header = first && Buffer.concat([Buffer.from([VERSION]), idOf(first)]);
  return {
    current: first === undefined ? null : idOf(first).toString('hex'),
    seal(plain, purpose) {
      if (first === undefined || header === undefined)
        throw new SyncFailure('ENCRYPTION_KEY_MISSING', noKey, { effect: 'none' });
      const nonce = randomBytes(NONCE_BYTES);
      const cipher = createCipheriv('aes-256-gcm', first, nonce).setAAD(bound(header, purpose));
      const body = Buffer.concat([cipher.update(plain), cipher.final()]);
      return Buffer.concat([header, nonce, cipher.getAuthTag(), body]);
    },
    open(envelope, purpose) {
      const id = idIn(envelope);
      if (id === null) throw damaged(purpose);
      const key = byId.get(id);
      if (key === undefined) throw new SyncFailure('ENCRYPTION_KEY_MISSING', lost(purpose, id), { effect: 'none' });
      return decrypted(envelope, key, purpose);
    },
    knows: (envelope) => byId.has(idIn(envelope) ?? ''),
  };
}

/** The id of the key that sealed it; null for what is no envelope. */
export function idIn(envelope: Buffer): string | null {
  if (envelope.length < ENVELOPE_OVERHEAD_BYTES || envelope[0] !== VERSION) return null;
  return envelope.subarray(1, HEADER_BYTES).toString('hex');
}

function decrypted(envelope: Buffer, key: Buffer, purpose: string): Buffer {
  const header = envelope.subarray(0, HEADER_BYTES);
  const nonce = envelope.subarray(HEADER_BYTES, HEADER_BYTES + NONCE_BYTES);
  const tag = envelope.subarray(HEADER_BYTES + NONCE_BYTES, ENVELOPE_OVERHEAD_BYTES);
  try {
    const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES })
      .setAAD(bound(header, purpose))
      .setAuthTag(tag);
    return Buffer.concat([decipher.update(envelope.subarray(ENVELOPE_OVERHEAD_BYTES)), decipher.final()]);
  } catch {
    throw damaged(purpose);
  }
}

const bound = (header: Buffer, purpose: string): Buffer => Buffer.concat([header, Buffer.from(purpose, 'utf8')]);

/** Tells nothing of the key: a keyed hash of a fixed text. */
const idOf = (key: Buffer): Buffer =>
  createHmac('sha256', key).update('syncline key id').digest().subarray(0, ID_BYTES);

const noKey =
  'there is no key to encrypt with: set SYNCLINE_KEY or SYNCLINE_KEY_FILE (`openssl rand -base64 32` makes a key)';

const lost = (purpose: string, id: string): string =>
  `the ${purpose} was encrypted with key ${id}, which is not among the keys of SYNCLINE_KEY or SYNCLINE_KEY_FILE`;

const damaged = (purpose: string): SyncFailure =>
  new SyncFailure('SEALED_DATA_DAMAGED', `the ${purpose} does not open: it was changed, cut or moved`, {
    effect: 'none',
  });
