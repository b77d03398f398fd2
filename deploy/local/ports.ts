import { anyFreePort, isPortFree } from '../../stack/ports.ts';

/** Distances of the server's other ports from its first one, as deploy/temporal/server.yaml derives them. */
const serverPorts = [0, 1, 2, 6, 10, -300, -299, -298, -294];

/** Free ports of loopback for the addresses that the services use. */
export async function choosePorts(): Promise<ReadonlyMap<string, number>> {
  return new Map([
    ['postgres:5432', await anyFreePort()],
    ['temporal:7233', await serverPort()],
    ['temporal-ui:8080', await anyFreePort()],
  ]);
}

async function serverPort(): Promise<number> {
  for (let base = 17_233; base < 27_000; base += 20) {
    const free = await Promise.all(serverPorts.map((distance) => isPortFree(base + distance)));
    if (free.every(Boolean)) return base;
  }
  throw new Error('no free ports for the Temporal server');
}
