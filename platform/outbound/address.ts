import { z } from 'zod';
import type { Connection } from '../../model/connection/connection.ts';
import type { HttpCall } from '../../model/connector/connector.ts';
import { SyncFailure } from '../../model/failure/failure.ts';

const settingsWithAddress = z.looseObject({ address: z.url({ protocol: /^https?$/ }) });

/** The address that every call of a connection is joined to. Throws PROJECT_INVALID when it has none. */
export function addressOf(connection: Connection): URL {
  const settings = settingsWithAddress.safeParse(connection.settings);
  if (settings.success) return new URL(settings.data.address);
  throw new SyncFailure('PROJECT_INVALID', `The connection ${connection.name} has no http or https \`address\`.`, {
    effect: 'none',
  });
}

const settingsWithProbe = z.looseObject({ probe: z.string() });

/** The path of a cheap read that proves that the system works; undefined where none is stated. */
export const probePath = ({ settings }: Connection): string | undefined =>
  settingsWithProbe.safeParse(settings).data?.probe;

/** The whole URL of a call. Throws REDIRECT_REFUSED when the call names a URL on another host. */
export function urlOf(address: URL, { path, query }: Pick<HttpCall, 'path' | 'query'>): URL {
  const url = /^https?:\/\//i.test(path) ? onSameHost(address, path) : joined(address, path);
  for (const [name, value] of Object.entries(query ?? {})) url.searchParams.set(name, String(value));
  return url;
}

function joined(address: URL, path: string): URL {
  const base = address.origin + address.pathname.replace(/\/+$/, '');
  return new URL(path === '' || path.startsWith('/') || path.startsWith('?') ? base + path : `${base}/${path}`);
}

function onSameHost(address: URL, text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url && isSameHost(address, url)) return url;
  throw new SyncFailure(
    'REDIRECT_REFUSED',
    `The call would go to ${url?.origin ?? 'an address that is none'}, not to ${address.origin}.`,
    { effect: 'none' },
  );
}

/**
 * Whether a call may go from one address to the other with its credentials: same scheme, host and port, or
 * the same host from http up to https. Never down to http.
 */
export function isSameHost(from: URL, to: URL): boolean {
  if (from.origin === to.origin) return true;
  const upgraded = from.protocol === 'http:' && to.protocol === 'https:' && from.port === '' && to.port === '';
  return upgraded && from.hostname === to.hostname;
}

/** The path for messages when the call names none. */
export const routeOf = (path: string, url: URL): string => (/^https?:/i.test(path) ? url.pathname : withoutQuery(path));

const withoutQuery = (path: string): string => path.replace(/[?#].*$/s, '') || '/';
