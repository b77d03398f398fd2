import { defineSync } from 'syncline';
import postgres from 'syncline/connectors/postgres';
import rest from 'syncline/connectors/rest';
import { film } from '../mappings/film.ts';

/** No film has a number; title and date of release together are unique in the source. */
export default defineSync({
  summary: 'Films, with their famous mistakes, over HTTP into the warehouse',
  source: rest.source('films', {
    path: '/films',
    records: '/items',
    pagination: { kind: 'page-number', sizeParam: 'perPage', pages: '/totalPages' },
    pageSize: 500,
  }),
  key: ['Title', 'Release Date'],
  mapping: film,
  policy: { readBack: 'all' },
  destination: postgres.destination('warehouse', {
    table: 'films',
    key: 'id',
    columns: {
      id: 'text',
      title: 'text',
      released_on: 'date',
      us_gross: 'bigint',
      worldwide_gross: 'bigint',
      budget: 'bigint',
      rating: 'text',
      minutes: 'integer',
      distributor: 'text',
      genre: 'text',
      director: 'text',
      imdb_rating: 'numeric(3,1)',
    },
  }),
});
