import { execFileSync } from 'node:child_process';
import { chmodSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const openssl = (...args: string[]): void => void execFileSync('openssl', args, { stdio: 'ignore' });

/** Certificates are made by it; where there is none, the tests that need one are skipped. */
export const hasOpenssl = (() => {
  try {
    openssl('version');
    return true;
  } catch {
    return false;
  }
})();

/** The paths of a key and a certificate that vouches for itself, and what is in them. */
export interface Certificate {
  readonly keyFile: string;
  readonly certFile: string;
  readonly pems: { readonly key: Buffer; readonly cert: Buffer };
}

/** Makes `NAME.key` and `NAME.crt` for 127.0.0.1, which only their owner can read. */
export function makeCertificate(
  folder: string,
  name: string,
  { days = 2, passphrase }: { readonly days?: number; readonly passphrase?: string } = {},
): Certificate {
  const [keyFile, certFile] = [join(folder, `${name}.key`), join(folder, `${name}.crt`)];
  const protection = passphrase === undefined ? ['-nodes'] : ['-passout', `pass:${passphrase}`];
  const names = ['-subj', `/CN=${name}`, '-addext', 'subjectAltName=IP:127.0.0.1', '-days', String(days)];
  const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1'];
  openssl('req', '-x509', ...kind, ...protection, '-keyout', keyFile, '-out', certFile, ...names);
  for (const file of [keyFile, certFile]) chmodSync(file, 0o600);
  return { keyFile, certFile, pems: { key: readFileSync(keyFile), cert: readFileSync(certFile) } };
}
