import { isIP } from 'node:net';
import { reachOf } from '../platform/outbound/transport/address-class.ts';

/** Why an address is refused, in words that do not repeat it; undefined when it may be right. */
export function addressFault(text: string): string | undefined {
  if (text !== text.trim()) return 'has a space at its beginning or end.';
  const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(text)?.[1]?.toLowerCase();
  if (scheme === undefined || !text.includes('://')) return 'has no scheme; expected `https://host/path` or the like.';
  if (unusable.has(scheme)) return `has the scheme \`${scheme}:\`, through which no connector reads.`;
  const url = parseUrl(text, scheme);
  if (!url) return 'is not a valid address; expected `https://host/path` or the like.';
  if (url.password !== '') return 'holds a password.';
  return hostFault(hostAsWritten(text), url.hostname);
}

/** Keys whose value is an address, so that one without `://` can be noticed too. */
export const isAddressKey = (key: string): boolean => /^(?:url|baseurl|address|endpoint)$/.test(key.toLowerCase());

export const looksLikeAddress = (text: string): boolean => /^\s*[a-z][a-z0-9+.-]*:\/\//i.test(text);

const unusable = new Set(['ftp', 'file', 'javascript', 'data', 'ws', 'wss', 'gopher']);

/** Of a host that does not look like what it is; undefined when nothing is odd. */
export function lookAlike(text: string): string | undefined {
  const host = hostAsWritten(text);
  const unicode = [...host].some((character) => (character.codePointAt(0) ?? 0) > 127);
  return unicode ? parseUrl(text, 'https')?.hostname : undefined;
}

/** `postgresql:` and other schemes are not "special" to URL: their hosts are parsed as those of https are. */
function parseUrl(text: string, scheme: string): URL | undefined {
  const asHttps = scheme === 'http' || scheme === 'https' ? text : text.replace(/^[a-z][a-z0-9+.-]*:/i, 'https:');
  return URL.canParse(asHttps) ? new URL(asHttps) : undefined;
}

const hostAsWritten = (text: string): string => {
  const authority = /:\/\/([^/?#]*)/.exec(text)?.[1] ?? '';
  const host = authority.slice(authority.lastIndexOf('@') + 1);
  return host.startsWith('[') ? host.replace(/:\d*$/, '') : host.replace(/:\d*$/, '');
};

function hostFault(written: string, host: string): string | undefined {
  const bare = host.replace(/^\[|\]$/g, '');
  if (isIP(bare) === 0) return undefined;
  const mapped = /^::ffff:([0-9a-f]+):([0-9a-f]+)$/.exec(bare);
  const address = mapped ? unmapped(Number.parseInt(mapped[1] ?? '', 16), Number.parseInt(mapped[2] ?? '', 16)) : bare;
  if (reachOf(bare) === 'forbidden')
    return 'is link-local, where clouds keep the credentials of the machine, or reserved: refused.';
  if (address !== written.replace(/^\[|\]$/g, '').toLowerCase() && isIP(address) === 4)
    return `hides where it leads: it means ${address}; write it so.`;
  return undefined;
}

const unmapped = (high: number, low: number): string => [high >> 8, high & 255, low >> 8, low & 255].join('.');
