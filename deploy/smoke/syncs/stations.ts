import { defineSync } from 'syncline';
import files from 'syncline/connectors/files';
import postgres from 'syncline/connectors/postgres';
import { station } from '../mappings/station.ts';

export default defineSync({
  summary: 'Stations from a CSV file into the warehouse',
  source: files.source('stations_csv', { path: 'stations.csv', format: 'csv' }),
  key: 'code',
  mapping: station,
  destination: postgres.destination('warehouse', {
    table: 'stations',
    key: 'code',
    columns: { code: 'text', name: 'text', height_m: 'numeric', opened: 'integer' },
  }),
});
