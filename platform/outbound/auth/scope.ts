import { SyncFailure } from '../../../model/failure/failure.ts';
import { type Incoming, type Outgoing, placeOf, type Send } from '../pipeline.ts';

/**
 * A 403 that names the scope it wants (`WWW-Authenticate: Bearer error="insufficient_scope"`, RFC 6750, 3.1) says more
 * than its status: the failure repeats the scope, which is what a person has to ask for.
 */
export const namedScope =
  (send: Send): Send =>
  async (request) => {
    const answer = await send(request);
    const scope = answer.status === 403 ? missingScope(answer) : undefined;
    if (scope !== undefined) throw lacking(request, scope);
    return answer;
  };

function missingScope({ headers }: Incoming): string | undefined {
  const challenge = headers['www-authenticate'] ?? '';
  if (!/error="?insufficient_scope/.test(challenge)) return undefined;
  return /scope="([\w:./ -]{1,200})"/.exec(challenge)?.[1];
}

const lacking = (request: Outgoing, scope: string): SyncFailure =>
  new SyncFailure('FORBIDDEN', `${placeOf(request)} answered 403: the credentials lack the scope ${scope}.`, {
    effect: 'none',
  });
