import type { Credentials } from '../auth/credentials.ts';
import type { TlsIdentity } from './exchange.ts';

/** The client certificate of a connection (mutual TLS); undefined when it has none. */
export function tlsIdentity({ connection, readSecret }: Credentials): TlsIdentity | undefined {
  const { clientCertificate } = connection;
  if (clientCertificate === undefined) return undefined;
  const { certificate, key, passphrase } = clientCertificate;
  return async () => ({
    certificate: await readSecret(certificate),
    key: await readSecret(key),
    ...(passphrase !== undefined && { passphrase: await readSecret(passphrase) }),
  });
}
