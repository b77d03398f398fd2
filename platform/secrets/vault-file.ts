import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { vaultName } from '../../model/connection/secret.ts';
import { errorCode } from '../../model/failure/error-code.ts';
import { SyncFailure } from '../../model/failure/failure.ts';
import { jsonIn } from '../../model/record/json.ts';
import { writeFileAtomically } from '../foundation/atomic-file.ts';

/** The vault of a project: encrypted entry by entry, so it may lie in version control like the rest of the project. */
export const VAULT_FILE = 'vault.json';

const envelope = z.base64().transform((text): Buffer => Buffer.from(text, 'base64'));

const vaultShape = z.strictObject({
  version: z.literal(1),
  entries: z.record(
    vaultName,
    z.strictObject({
      value: envelope,
      setAt: z.iso.datetime(),
      /** The value before, while both are valid. */
      previous: z.strictObject({ value: envelope, until: z.iso.datetime() }).optional(),
    }),
  ),
});

export type Vault = z.output<typeof vaultShape>;

/** Binds an envelope to its entry: a value that was moved to another name does not open. */
export const purposeOf = (name: string): string => `vault entry ${name}`;

/** The vault of the project; empty when there is none. Throws SEALED_DATA_DAMAGED when the file is no vault. */
export async function readVault(projectFolder: string): Promise<Vault> {
  let text: string;
  try {
    text = await readFile(join(projectFolder, VAULT_FILE), 'utf8');
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return { version: 1, entries: {} };
    throw new SyncFailure(
      'SECRET_MISSING',
      `the vault ${VAULT_FILE} cannot be read (${errorCode(error) ?? 'unknown'})`,
      {
        effect: 'none',
      },
    );
  }
  const parsed = vaultShape.safeParse(jsonIn(text));
  if (parsed.success) return parsed.data;
  throw new SyncFailure('SEALED_DATA_DAMAGED', `${VAULT_FILE} is not a vault that this engine wrote`, {
    effect: 'none',
  });
}

/** Writes the whole vault: a reader sees the old file or the new one. Names are in order, so that changes read well. */
export function writeVault(projectFolder: string, vault: Vault): Promise<void> {
  const text = `${JSON.stringify(documentOf(vault), undefined, 2)}
`;
  return writeFileAtomically(join(projectFolder, VAULT_FILE), text, 0o600);
}

/** As it is written: envelopes in base64. */
function documentOf({ version, entries }: Vault): object {
  const inOrder = Object.entries(entries).sort(([a], [b]) => (a < b ? -1 : 1));
  const written = inOrder.map(([name, { value, setAt, previous }]) => {
    const before = previous && { previous: { value: previous.value.toString('base64'), until: previous.until } };
    return [name, { value: value.toString('base64'), setAt, ...before }];
  });
  return { version, entries: Object.fromEntries(written) };
}
