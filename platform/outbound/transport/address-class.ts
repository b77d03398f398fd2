import ipaddr from 'ipaddr.js';

/**
 * Where an IP address leads:
 * - `public`: the internet
 * - `loopback`: the machine itself
 * - `private`: a network of one's own, also one behind a provider's NAT (RFC 1918, 4193, 6598)
 * - `forbidden`: link-local, where clouds keep the credentials of the machine; multicast; addresses that lead nowhere
 */
export type Reach = 'public' | 'loopback' | 'private' | 'forbidden';

const reaches: Readonly<Record<string, Reach>> = {
  unicast: 'public',
  loopback: 'loopback',
  // 0.0.0.0 connects to the machine itself.
  unspecified: 'loopback',
  private: 'private',
  uniqueLocal: 'private',
  carrierGradeNat: 'private',
};

/** Where an address leads, however it is written: IPv4 in IPv6 counts as the IPv4 within. Undefined: it is no IP address. */
export function reachOf(address: string): Reach | undefined {
  const text = address.replace(/^\[|\]$/g, '').replace(/%.*$/, '');
  if (!ipaddr.isValid(text)) return undefined;
  const inner = innerIpv4(ipaddr.parse(text));
  return reaches[inner.range()] ?? 'forbidden';
}

/** Mapped (`::ffff:0:0/96`), of a NAT64 (`64:ff9b::/96`, RFC 6052) and of 6to4 (`2002::/16`, RFC 3056). */
function innerIpv4(address: ipaddr.IPv4 | ipaddr.IPv6): ipaddr.IPv4 | ipaddr.IPv6 {
  if (!(address instanceof ipaddr.IPv6)) return address;
  if (address.isIPv4MappedAddress()) return address.toIPv4Address();
  const bytes = address.toByteArray();
  if (address.range() === 'rfc6052') return new ipaddr.IPv4(bytes.slice(12));
  if (address.range() === '6to4') return new ipaddr.IPv4(bytes.slice(2, 6));
  return address;
}
