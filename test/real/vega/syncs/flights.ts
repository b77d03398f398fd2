import { defineSync } from 'syncline';
import files from 'syncline/connectors/files';
import postgres from 'syncline/connectors/postgres';
import { flight } from '../mappings/flight.ts';

/**
 * A flight has no key of its own: 6,073 of the 200,000 equal another one in every field. Its line in the file is its
 * identity, which is honest as long as lines are only added at the end.
 */
export default defineSync({
  summary: 'Flights from a file of JSON Lines into the warehouse',
  source: files.source('flights_folder', { path: 'flights.jsonl', format: 'jsonl' }),
  key: 'line',
  mapping: flight,
  destination: postgres.destination('warehouse', {
    table: 'flights',
    key: 'line',
    columns: { line: 'integer', delay_minutes: 'integer', miles: 'integer', minute_of_day: 'integer' },
  }),
});
