import { createHash } from 'node:crypto';

/** The fingerprint of a list of keys, however long. */
export function keysHash(): { add(key: string): void; end(): string } {
  const hash = createHash('sha256');
  return {
    add: (key) => void hash.update(`${key.length} ${key}\n`),
    end: () => hash.digest('hex').slice(0, 32),
  };
}
