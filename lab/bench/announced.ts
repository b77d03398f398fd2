import type { Server } from 'node:http';
import { announce } from '../../demo/program.ts';

/** Lets a system of the benchmark listen on a free port of this machine, and says where on stdout. */
export function listenAndAnnounce(server: Server, whileStdinOpen: boolean): void {
  server.listen(0, '127.0.0.1', () => {
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const close = async () => {
      server.close();
      server.closeAllConnections();
    };
    announce({ url: `http://127.0.0.1:${port}`, port, close }, whileStdinOpen);
  });
}
