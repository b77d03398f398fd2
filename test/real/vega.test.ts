import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { type RealProject, startRealProject } from '../support/real-project.ts';
import { json, startServer, type TestServer } from '../support/with-server.ts';

/** The package as it is published: data of other people, with their mistakes. */
const data = path.resolve(import.meta.dirname, '../../node_modules/vega-datasets/data');
const records = async (name: string): Promise<Record<string, unknown>[]> =>
  JSON.parse(await readFile(path.join(data, name), 'utf8'));

const minute = 60_000;

describe('real data of vega-datasets', () => {
  let folder: string;
  let films: TestServer;
  let project: RealProject;

  beforeAll(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'syncline-vega-'));
    const flights = await records('flights-200k.json');
    const lines = flights.map((flight, index) => JSON.stringify({ line: index + 1, ...flight }));
    await writeFile(path.join(folder, 'flights.jsonl'), `${lines.join('\n')}\n`);
    films = await servePages(await records('movies.json'));
    project = await startRealProject('vega', { FILMS_URL: films.address, FLIGHTS_FOLDER: folder });
  }, minute);

  afterAll(async () => {
    await project?.stop();
    await films?.close();
    await rm(folder, { recursive: true, force: true });
  });

  describe('films, page by page over HTTP', () => {
    let first: Awaited<ReturnType<RealProject['run']>>;
    beforeAll(async () => {
      first = await project.run('films');
    }, 2 * minute);

    it('delivers all but the film without a title and the one without a budget, and says so', () => {
      expect(first.document).toMatchObject({
        status: 'partial',
        counts: { fetched: 3201, delivered: 3199, quarantined: 2, unchanged: 0, filtered: 0, superseded: 0 },
        reconciled: { checked: 3199, missing: 0, different: 0 },
      });
      expect(first.exitCode).toBe(4);
    });

    it('puts each of the two where its reason is told', () => {
      const reasons = first.document.quarantine.map(({ code, field, records }) => ({ code, field, records }));
      expect(reasons).toEqual([
        { code: 'KEY_MISSING', field: 'Title', records: 1 },
        { code: 'MAPPING_REJECTED', field: 'budget', records: 1 },
      ]);
    });

    it('takes the years that came out a century late back, and no others', async () => {
      const [row] = await project.query(
        `SELECT count(*) FILTER (WHERE released_on > '2011-12-31')::int AS late,
                count(*) FILTER (WHERE released_on < '1928-01-01')::int AS silent,
                count(*) FILTER (WHERE released_on IS NULL)::int AS unknown, min(released_on)::text AS oldest FROM films`,
      );
      expect(row).toEqual({ late: 0, silent: 7, unknown: 8, oldest: '1915-02-08' });
    });

    it('mends the accents, keeps titles that are numbers, and fills what has a default', async () => {
      const rows = await project.query<{ title: string }>(
        `SELECT title FROM films WHERE title IN ('Déjà Vu', 'Léon', 'Per qualche dollaro in più', '1941', 'Alien³') ORDER BY title`,
      );
      expect(rows.map(({ title }) => title).sort()).toEqual([
        '1941',
        'Alien³',
        'Déjà Vu',
        'Léon',
        'Per qualche dollaro in più',
      ]);
      const [counted] = await project.query(
        `SELECT count(*) FILTER (WHERE rating = 'Not Rated')::int AS unrated,
                count(*) FILTER (WHERE genre = 'unknown')::int AS "withoutGenre",
                count(*) FILTER (WHERE us_gross IS NULL)::int AS "withoutGross" FROM films`,
      );
      expect(counted).toEqual({ unrated: 698, withoutGenre: 275, withoutGross: 7 });
    });

    it('delivers nothing the second time', async () => {
      const { document } = await project.run('films');
      expect(document.counts).toMatchObject({ fetched: 3201, delivered: 0, unchanged: 3199, quarantined: 2 });
      expect(await project.query('SELECT count(*)::int AS films FROM films')).toEqual([{ films: 3199 }]);
    });
  });

  describe('flights, line by line from a file', () => {
    let first: Awaited<ReturnType<RealProject['run']>>;
    beforeAll(async () => {
      first = await project.run('flights');
    }, 5 * minute);

    it('delivers every one of the 200,000, equal ones too', () => {
      expect(first.document).toMatchObject({
        status: 'succeeded',
        counts: { fetched: 200_000, delivered: 200_000, quarantined: 0, superseded: 0 },
        reconciled: { missing: 0, different: 0 },
      });
      expect(first.exitCode).toBe(0);
    });

    it(
      'delivers nothing the second time',
      async () => {
        const { document } = await project.run('flights');
        expect(document.counts).toMatchObject({ fetched: 200_000, delivered: 0, unchanged: 200_000 });
      },
      5 * minute,
    );

    it('has carried every value over', async () => {
      const flights = await records('flights-200k.json');
      const sum = (of: (flight: Record<string, unknown>) => number) =>
        String(flights.reduce((total, flight) => total + of(flight), 0));
      const [row] = await project.query(
        `SELECT count(*)::text AS flights, sum(delay_minutes)::text AS delay, sum(miles)::text AS miles,
                sum(minute_of_day)::text AS minutes FROM flights`,
      );
      expect(row).toEqual({
        flights: String(flights.length),
        delay: sum((flight) => Number(flight['delay'])),
        miles: sum((flight) => Number(flight['distance'])),
        minutes: sum((flight) => Math.round(Number(flight['time']) * 60)),
      });
    });
  });
});

/** The array of the file as a paged collection, like many a REST API has it. */
function servePages(all: readonly unknown[]): Promise<TestServer> {
  return startServer((request, response) => {
    const { searchParams } = new URL(request.url ?? '', 'http://films');
    const page = Number(searchParams.get('page') ?? 1);
    const size = Number(searchParams.get('perPage') ?? 30);
    const items = all.slice((page - 1) * size, page * size);
    json(response, { page, perPage: size, totalPages: Math.ceil(all.length / size), items });
  });
}
