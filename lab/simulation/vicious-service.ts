import rest from '../../connectors/rest/index.ts';
import type { DeliveryClass } from '../../model/sync/delivery.ts';
import { ViciousDestination } from '../vices/destination.ts';
import { destinationOptions } from '../vices/options.ts';
import type { Vice } from '../vices/vice.ts';
import { connectionOf, toolsWith } from './connection.ts';
import type { Fate } from './destination.ts';
import { inProcess, settings } from './in-process-http.ts';
import type { ViciousEnd } from './vicious-end.ts';

/** A service with the vices of ordinary ones, as the rest connector sees it. */
export function viciousService(
  promise: Exclude<DeliveryClass, 'T1'>,
  vices: ReadonlySet<Vice>,
  nowMs: () => number,
  fateOf: () => Fate,
): ViciousEnd {
  const { connector } = rest;
  const service = new ViciousDestination(vices);
  const options = connector.destination.options.parse(destinationOptions(promise, '/records', vices));
  const http = inProcess(
    { nowMs, answer: (asked, share) => (asked.method === 'GET' ? service.lookUp(asked) : service.write(asked, share)) },
    fateOf,
  );
  return {
    open: () => connector.destination.open({ ...connectionOf('rest'), settings }, options, toolsWith({ http })),
    rows: async () => service.rows.map(({ id, text }) => ({ key: id, text })),
    get isClosed() {
      return service.isClosed;
    },
    mend: async () => service.mend(),
    rest: () => service.rest(),
    heal: async () => service.heal(),
    close: async () => {},
  };
}
