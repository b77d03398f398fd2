import type { ClientRequest } from 'node:http';
import { TLSSocket } from 'node:tls';

/** What a certificate says of itself. It comes from the other side: shown in messages, and trusted for nothing. */
export interface PeerCertificate {
  readonly commonName?: string | undefined;
  /** As Node writes them: `DNS:shop.example, IP Address:127.0.0.1`. */
  readonly names?: string | undefined;
  readonly validFrom?: string | undefined;
  readonly validTo?: string | undefined;
}

/** Longer names are cut: a certificate may have thousands. */
const MAX_CHARS = 200;

/** Of which names and days a certificate is, in words. */
export function describeCertificate({ commonName, names, validFrom, validTo }: PeerCertificate): string {
  const parts = [
    `its subject is ${plain(commonName) ?? 'empty'}`,
    `its names are ${plain(names) ?? 'none'}`,
    `it is valid from ${plain(validFrom) ?? 'unknown'} to ${plain(validTo) ?? 'unknown'}`,
  ];
  return parts.join(', ');
}

function plain(text: string | undefined): string | undefined {
  const shown = text?.replace(/[^\x20-\x7e]/g, '?');
  if (!shown) return undefined;
  return shown.length > MAX_CHARS ? `${shown.slice(0, MAX_CHARS)}…` : shown;
}

/**
 * Notes the certificate of a new connection before it is verified, as Node's error of one that has ended does not
 * hold it, and the connection is gone by then.
 */
export function noteCertificate(request: ClientRequest, note: (certificate: PeerCertificate) => void): void {
  request.once('socket', (socket) => {
    if (!(socket instanceof TLSSocket) || request.reusedSocket) return;
    socket.prependOnceListener('secure', () => {
      const { subject, subjectaltname, valid_from, valid_to } = socket.getPeerCertificate();
      // Empty when the other side showed none.
      if (subject === undefined) return;
      const commonName = [subject.CN].flat().join(', ');
      note({ commonName, names: subjectaltname, validFrom: valid_from, validTo: valid_to });
    });
  });
}
