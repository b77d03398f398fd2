import { SyncFailure } from '../../../model/failure/failure.ts';
import { isSameHost } from '../address.ts';
import { type Incoming, type Outgoing, placeOf, type Stage } from '../pipeline.ts';

const MAX_REDIRECTS = 5;

/**
 * Follows redirects on the same host, at most five. A write follows only 307 and 308, which keep method and body: any
 * other would quietly become a GET. Throws REDIRECT_REFUSED for everything else, so credentials never leave the host.
 */
export const followRedirects: Stage = (next) => async (request) => {
  let current = request;
  for (let hops = 0; ; hops++) {
    const answer = await next(current);
    if (!isRedirect(answer)) return answer;
    if (hops === MAX_REDIRECTS) throw refused(request, `was redirected more than ${MAX_REDIRECTS} times`, 'none');
    current = redirected(current, answer);
  }
};

const isRedirect = ({ status, headers }: Incoming): boolean =>
  [301, 302, 303, 307, 308].includes(status) && headers['location'] !== undefined;

function redirected(request: Outgoing, { status, headers }: Incoming): Outgoing {
  const location = headers['location'] ?? '';
  if (!URL.canParse(location, request.url.href))
    throw refused(request, 'was redirected to an address that is none', 'none');
  const url = new URL(location, request.url);
  if (!isSameHost(request.url, url)) throw refused(request, `was redirected to ${url.origin}`, 'none');
  const isRead = request.method === 'GET' || request.method === 'HEAD';
  if (!isRead && status < 307)
    throw refused(request, `was redirected with ${status}, which would turn the write into a read`, 'unknown');
  return { ...request, url };
}

const refused = (request: Outgoing, words: string, effect: 'none' | 'unknown'): SyncFailure =>
  new SyncFailure('REDIRECT_REFUSED', `${placeOf(request)} ${words}.`, { effect });
