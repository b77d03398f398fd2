import { map, rule, to } from 'syncline';
import { z } from 'zod';

/** `time` is the hour of departure as a decimal: 1.5166666666666666 is 01:31. `line` is the position in the file. */
const Departure = z.object({ line: z.int(), delay: z.int(), distance: z.int(), time: z.number().min(0).max(24) });

const Flight = z.object({
  line: z.int().min(1),
  delay_minutes: z.int(),
  miles: z.int().positive(),
  minute_of_day: z.int().min(0).max(1440),
});

const minuteOfDay = rule('minuteOfDay', 'hours as minutes, to the nearest', (hours: number) => Math.round(hours * 60));

export const flight = map(Departure, Flight, (departure) => ({
  line: departure.line,
  delay_minutes: departure.delay,
  miles: departure.distance,
  minute_of_day: to(departure.time, minuteOfDay),
}));
