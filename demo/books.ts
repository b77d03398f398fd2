/**
 * The demo's accounting system as a program. `BOOKS_TOKEN` is the token it asks for.
 * node dist/demo/books.js --port 0 [--journal FILE]
 */
import { startBooks } from './books-server.ts';
import { announce, numberOption, programOptions } from './program.ts';

const options = programOptions(['port', 'journal', 'while-stdin-open']);
const journalFile = options.get('journal');

const server = await startBooks({
  port: numberOption(options, 'port') ?? 4802,
  token: process.env['BOOKS_TOKEN'] ?? 'demo-books-token',
  ...(journalFile === undefined ? {} : { journalFile }),
});
await announce(server, options.has('while-stdin-open'));
