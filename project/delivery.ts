import type { ConnectorTools } from '../model/connector/connector.ts';
import { type DeliveryClass, deliveryClass } from '../model/sync/delivery.ts';
import type { EndpointWorld, LoadedSync } from '../model/sync/project.ts';

/**
 * Tools that reach nothing. `open` of a connector keeps no state and calls nobody, so what an endpoint can do is
 * known without its system; a call that is made all the same never answers.
 */
export const unreachableWorld: EndpointWorld = {
  toolsFor: (): ConnectorTools => ({
    http: { request: never },
    // Whatever door it is: nothing that is asked of it is answered.
    open: () => new Proxy({}, { get: () => never }) as never,
    secret: never,
    log: { debug: ignore, info: ignore, warn: ignore, error: ignore },
    underFileLock: never,
    projectFolder: '/',
  }),
};

function never<T>(): Promise<T> {
  return new Promise(ignore);
}

function ignore(): void {}

/** The delivery class of a sync's destination; undefined when the connector cannot say without its system. */
export function deliveryClassOf(sync: LoadedSync): DeliveryClass | undefined {
  try {
    return deliveryClass(sync.openDestination(unreachableWorld).can);
  } catch {
    return undefined;
  }
}
