import { readFile } from 'node:fs/promises';
import { rootCertificates } from 'node:tls';
import { SyncFailure } from '../../../model/failure/failure.ts';

/** A file that was replaced is read again after this. */
const KEPT_MS = 60_000;

type Authorities = { readonly certificateAuthority: string[] } | Record<string, never>;

/** The public authorities and those of a file of one's own, as got takes them. Throws FILE_UNREADABLE, which parks. */
export function authoritiesOf(caFile: string | undefined): () => Promise<Authorities> {
  let read: { readonly atMs: number; readonly authorities: Promise<Authorities> } | undefined;
  return async () => {
    if (caFile === undefined) return {};
    if (read === undefined || performance.now() - read.atMs > KEPT_MS)
      read = { atMs: performance.now(), authorities: authoritiesIn(caFile) };
    return read.authorities;
  };
}

async function authoritiesIn(caFile: string): Promise<Authorities> {
  try {
    return { certificateAuthority: [...rootCertificates, await readFile(caFile, 'utf8')] };
  } catch {
    throw new SyncFailure('FILE_UNREADABLE', `The file of certificate authorities ${caFile} cannot be read.`, {
      effect: 'none',
    });
  }
}
