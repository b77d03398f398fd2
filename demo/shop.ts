/**
 * The demo's shop as a program. `SHOP_TOKEN` is the token it asks for.
 * node dist/demo/shop.js --port 0 --orders 20000 [--bad-share 0.01] [--calls-per-second 12] [--warm-limit 1000]
 */
import { announce, numberOption, programOptions } from './program.ts';
import { startShop } from './shop-server.ts';

const options = programOptions(['port', 'orders', 'bad-share', 'calls-per-second', 'warm-limit', 'while-stdin-open']);
const badShare = numberOption(options, 'bad-share');
const callsPerSecond = numberOption(options, 'calls-per-second');
const warmLimit = numberOption(options, 'warm-limit');

const server = await startShop({
  port: numberOption(options, 'port') ?? 4801,
  token: process.env['SHOP_TOKEN'] ?? 'demo-shop-token',
  orders: numberOption(options, 'orders') ?? 20_000,
  ...(badShare === undefined ? {} : { badShare }),
  ...(callsPerSecond === undefined ? {} : { callsPerSecond }),
  ...(warmLimit === undefined ? {} : { warmLimit }),
});
await announce(server, options.has('while-stdin-open'));
