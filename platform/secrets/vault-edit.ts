import { join } from 'node:path';
import type { Keyring } from '../crypto/keyring.ts';
import { underFileLock } from '../foundation/file-lock.ts';
import { purposeOf, readVault, VAULT_FILE, type Vault, writeVault } from './vault-file.ts';

/** What may be known of an entry without its value. */
export interface VaultListing {
  readonly name: string;
  /** ISO 8601. */
  readonly setAt: string;
  /** Until then the value before is tried too; null when there is none. */
  readonly previousUntil: string | null;
  /** Whether its key is among those at hand. */
  readonly readable: boolean;
}

/** The entry with this value; whatever it held before is gone. */
export function withValue(vault: Vault, name: string, value: string, ring: Keyring, nowMs: number): Vault {
  const { [name]: _before, ...others } = vault.entries;
  const entry = { value: sealed(name, value, ring), setAt: new Date(nowMs).toISOString() };
  return { ...vault, entries: { ...resealed(others, ring), [name]: entry } };
}

/** The entry with a new value, the one before kept for the overlap. The entry has to be there. */
export function withRenewed(
  vault: Vault,
  name: string,
  value: string,
  ring: Keyring,
  times: { readonly nowMs: number; readonly overlapMs: number },
): Vault {
  const before = vault.entries[name];
  const renewed = withValue(vault, name, value, ring, times.nowMs);
  const entry = renewed.entries[name];
  if (!before || !entry) return renewed;
  const until = new Date(times.nowMs + times.overlapMs).toISOString();
  const previous = { value: anew(name, before.value, ring), until };
  return { ...renewed, entries: { ...renewed.entries, [name]: { ...entry, previous } } };
}

export function withoutEntry(vault: Vault, name: string): Vault {
  const { [name]: _gone, ...entries } = vault.entries;
  return { ...vault, entries };
}

/** Every entry sealed anew with the key that seals now. Throws when one does not open. */
export const withNewKey = (vault: Vault, ring: Keyring): Vault => ({
  ...vault,
  entries: resealed(vault.entries, ring),
});

export const listed = (vault: Vault, ring: Keyring): readonly VaultListing[] =>
  Object.entries(vault.entries)
    .map(([name, { value, setAt, previous }]) => ({
      name,
      setAt,
      previousUntil: previous?.until ?? null,
      readable: ring.knows(value),
    }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));

const sealed = (name: string, value: string, ring: Keyring): Buffer =>
  ring.seal(Buffer.from(value, 'utf8'), purposeOf(name));

const anew = (name: string, envelope: Buffer, ring: Keyring): Buffer =>
  ring.seal(ring.open(envelope, purposeOf(name)), purposeOf(name));

/** All under one key: a vault of which a part cannot be opened any more is noticed when it is written, not in a run. */
function resealed(entries: Vault['entries'], ring: Keyring): Vault['entries'] {
  return Object.fromEntries(
    Object.entries(entries).map(([name, { value, previous, ...rest }]) => [
      name,
      {
        ...rest,
        value: anew(name, value, ring),
        ...(previous && { previous: { ...previous, value: anew(name, previous.value, ring) } }),
      },
    ]),
  );
}

/** Reads, changes and writes the vault, one command at a time. Throws FILE_BUSY. */
export function editVault(projectFolder: string, change: (vault: Vault) => Vault): Promise<Vault> {
  return underFileLock(join(projectFolder, `${VAULT_FILE}.lock`), async ({ confirm }) => {
    const changed = change(await readVault(projectFolder));
    await confirm();
    await writeVault(projectFolder, changed);
    return changed;
  });
}
