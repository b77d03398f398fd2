import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { createSecureContext } from 'node:tls';
import { z } from 'zod';
import { reachOf } from '../platform/outbound/transport/address-class.ts';
import type { Explained } from './explain-issue.ts';

/**
 * An address that calls would be refused at, as far as it can be told without asking a name server: one of the machine
 * itself or of a private network, or plain http to another machine, unless the connection says so.
 */
export function networkProblems(value: Readonly<Record<string, unknown>>): readonly Explained[] {
  const { address, network, plaintext } = value;
  if (typeof address !== 'string' || !/^https?:/i.test(address) || !URL.canParse(address)) return [];
  const { hostname, protocol } = new URL(address);
  const reach = isLocalName(hostname) ? 'loopback' : reachOf(hostname);
  const problem = (message: string): Explained => ({ code: 'URL_REFUSED', path: ['address'], message });
  if (network !== 'private' && (reach === 'loopback' || reach === 'private')) {
    const where = reach === 'loopback' ? 'leads to the machine itself' : 'leads into a private network';
    return [problem(`\`address\` ${where}. If that is meant, write \`network: private\` at the connection.`)];
  }
  if (protocol === 'http:' && reach !== 'loopback' && plaintext !== true)
    return [
      problem(
        '`address` is http: records and credentials would go over the network unencrypted. Use https, or write `plaintext: true` at the connection.',
      ),
    ];
  return [];
}

const isLocalName = (hostname: string): boolean => /^(.+\.)?localhost\.?$/i.test(hostname);

/** A file of certificate authorities that is not there, or is none. */
export async function authorityProblems(
  value: Readonly<Record<string, unknown>>,
  projectFolder: string,
): Promise<readonly Explained[]> {
  const file = tlsOf.safeParse(value).data?.tls.ca.file;
  const fault = file === undefined ? undefined : await authorityFault(resolve(projectFolder, file));
  if (fault === undefined) return [];
  return [{ code: 'VALUE_INVALID', path: ['tls', 'ca', 'file'], message: `\`tls.ca.file\` ${fault}.` }];
}

const tlsOf = z.object({ tls: z.object({ ca: z.object({ file: z.string() }) }) });

async function authorityFault(path: string): Promise<string | undefined> {
  const text = await readFile(path, 'utf8').catch(() => undefined);
  if (text === undefined) return 'names a file that cannot be read';
  try {
    createSecureContext({ ca: text });
    return /-----BEGIN CERTIFICATE-----/.test(text) ? undefined : 'names a file without a certificate in PEM form';
  } catch {
    return 'names a file whose certificates cannot be read';
  }
}
