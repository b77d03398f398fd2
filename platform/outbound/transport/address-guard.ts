import { lookup as systemLookup } from 'node:dns';
import type { LookupFunction } from 'node:net';
import type { Connection } from '../../../model/connection/connection.ts';
import { SyncFailure } from '../../../model/failure/failure.ts';
import { type Outgoing, placeOf } from '../pipeline.ts';
import { reachOf } from './address-class.ts';

/** Which addresses the calls of a connection may reach. */
export interface Guard {
  /** Throws ADDRESS_REFUSED where the host of the call is an address that may not be reached. */
  check(request: Outgoing): void;
  /** For `http:` and `https:` agents: gives the addresses of a name, less those that may not be reached. */
  readonly lookup: { readonly http: LookupFunction; readonly https: LookupFunction };
}

type Scheme = 'http' | 'https';
type Rules = Pick<Connection, 'network' | 'plaintext'>;

/** The `code` of the error of a name that has only addresses that may not be reached. */
export const ADDRESS_REFUSED = 'ERR_ADDRESS_REFUSED';

/**
 * Looks at the address that is really connected to, so that no name leads elsewhere than it may, whatever it resolved to
 * before. `resolve` is the system's look-up.
 */
export function guardOf(rules: Rules, resolve: typeof systemLookup = systemLookup): Guard {
  return {
    check(request) {
      const { hostname, protocol } = request.url;
      const fault = faultOf(hostname, protocol === 'https:' ? 'https' : 'http', rules);
      if (fault !== undefined)
        throw new SyncFailure('ADDRESS_REFUSED', `${placeOf(request)} ${fault}.`, { effect: 'none' });
    },
    lookup: { http: guarded('http', rules, resolve), https: guarded('https', rules, resolve) },
  };
}

/** Why an address may not be reached; undefined where it may, and for a name. */
function faultOf(
  address: string,
  scheme: Scheme,
  { network = 'public', plaintext = false }: Rules,
): string | undefined {
  const reach = reachOf(address);
  if (reach === undefined) return undefined;
  if (reach === 'forbidden') return 'leads to a link-local or reserved address';
  if (network === 'public' && reach !== 'public')
    return reach === 'loopback' ? 'leads to the machine itself' : 'leads into a private network';
  if (scheme === 'http' && reach !== 'loopback' && !plaintext) return 'would go over the network unencrypted';
  return undefined;
}

const guarded =
  (scheme: Scheme, rules: Rules, resolve: typeof systemLookup): LookupFunction =>
  (hostname, options, callback) => {
    resolve(hostname, { ...options, all: true }, (error, found) => {
      if (error) return callback(error, []);
      const faults = found.map(({ address }) => faultOf(address, scheme, rules));
      const reachable = found.filter((_, index) => faults[index] === undefined);
      const [first] = reachable;
      if (first === undefined) {
        const refused: NodeJS.ErrnoException = new Error(faults[0] ?? 'has no address');
        refused.code = ADDRESS_REFUSED;
        return callback(refused, []);
      }
      if (options.all) return callback(null, reachable);
      return callback(null, first.address, first.family);
    });
  };
