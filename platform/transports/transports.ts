import type { OpenTransport } from '../../model/connector/transport.ts';
import { SyncFailure } from '../../model/failure/failure.ts';
import type { OpenedTransport } from './opened-transport.ts';
import { sqlTransport } from './sql/contract.ts';
import { sqlPools } from './sql/pools.ts';

/** Each transport and what opens it, by name: one more is one more line. */
const openers: Readonly<Record<string, () => OpenedTransport<never, unknown>>> = {
  [sqlTransport.name]: sqlPools,
};

/** The transports of a process. Throws INTERNAL for one that nobody opens. */
export function openTransports(): { readonly open: OpenTransport; close(): Promise<void> } {
  const opened = new Map<string, OpenedTransport<never, unknown>>();
  const openedBy = (name: string): OpenedTransport<never, unknown> => {
    const known = opened.get(name) ?? openers[name]?.();
    if (known === undefined) throw new SyncFailure('INTERNAL', `there is no transport \`${name}\``);
    opened.set(name, known);
    return known;
  };
  // The name stands for both types: the token of a transport and its opener are written for each other.
  const open = (({ name }, config, onCall) => openedBy(name).open(config as never, onCall)) as OpenTransport;
  return {
    open,
    async close() {
      const all = [...opened.values()];
      opened.clear();
      await Promise.all(all.map((transport) => transport.close()));
    },
  };
}
