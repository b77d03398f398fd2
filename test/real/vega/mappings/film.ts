import { asText, isoDate, map, nullIf, or, orReject, rule, template, to, toIfPresent } from 'syncline';
import { z } from 'zod';
import { mendAccents } from './mac-roman.ts';

const text = z.string().nullable();
const whole = z.int().nullable();
const rating = z.enum(['G', 'PG', 'PG-13', 'R', 'NC-17', 'Open', 'Not Rated']);

/** As the file has it: some titles are numbers (1941), most numbers may be missing, dates are English text. */
const Movie = z.object({
  Title: z.union([z.string(), z.number()]).nullable(),
  'US Gross': whole,
  'Worldwide Gross': whole,
  'US DVD Sales': whole,
  'Production Budget': whole,
  'Release Date': z.string(),
  'MPAA Rating': rating.nullable(),
  'Running Time min': whole,
  Distributor: text,
  Source: text,
  'Major Genre': text,
  'Creative Type': text,
  Director: text,
  'Rotten Tomatoes Rating': whole,
  'IMDB Rating': z.number().nullable(),
  'IMDB Votes': whole,
});

const Film = z.object({
  id: z.string(),
  title: z.string().min(1),
  released_on: z.iso.date().nullable(),
  us_gross: whole,
  worldwide_gross: whole,
  budget: z.int(),
  rating,
  minutes: whole,
  distributor: text,
  genre: z.string(),
  director: text,
  imdb_rating: z.number().min(1).max(10).nullable(),
});

/** The source is of 2010. Its years had two digits once, and those before 1950 or so came out a century late. */
const newestYear = 2011;

const lastCentury = rule(
  'lastCentury',
  'a year after {0} taken as that of the century before',
  (day: string, newest: number) => {
    const year = Number(day.slice(0, 4));
    return year > newest ? `${year - 100}${day.slice(4)}` : day;
  },
);

export const film = map(
  Movie,
  Film,
  (movie) => ({
    id: template`${or(movie.Title, '')} (${movie['Release Date']})`,
    title: to(orReject(movie.Title, 'the film has no title'), asText(), mendAccents),
    // Day 0 of Unix time, in America the last day of 1969, is what stands there when nobody knew the date.
    released_on: toIfPresent(
      movie['Release Date'],
      nullIf('Dec 31 1969'),
      isoDate('MMM dd yyyy'),
      lastCentury.with(newestYear),
    ),
    us_gross: movie['US Gross'],
    worldwide_gross: movie['Worldwide Gross'],
    budget: orReject(movie['Production Budget'], 'the film has no budget'),
    rating: or(movie['MPAA Rating'], 'Not Rated'),
    minutes: movie['Running Time min'],
    distributor: to(movie.Distributor, nullIf('Distributor Unknown')),
    genre: or(movie['Major Genre'], 'unknown'),
    director: movie.Director,
    imdb_rating: movie['IMDB Rating'],
  }),
  { unused: ['US DVD Sales', 'Source', 'Creative Type', 'Rotten Tomatoes Rating', 'IMDB Votes'] },
);
