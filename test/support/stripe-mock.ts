import type { GoProgram } from '../../stack/go-programs.ts';
import { findGoServer, type GoServer, startGoServer } from './go-server.ts';

/** Stripe's own stand-in for its API: every path, parameter and answer of the published interface; it keeps nothing. */
const program: GoProgram = {
  name: 'stripe-mock',
  module: 'github.com/stripe/stripe-mock',
  package: '',
  version: '0.203.0',
  usualS: 20,
};

export const findStripeMock = () => findGoServer(program);

/** Below `/v1` lies the API. */
export const startStripeMock = (file: string): Promise<GoServer> =>
  startGoServer({
    ...{ name: program.name, file },
    args: (address) => ['-http-addr', address],
    isUp: async (url) => (await fetch(url)).status > 0,
  });
