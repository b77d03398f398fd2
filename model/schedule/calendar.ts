/** When the clock of a zone shows one of these: all five have to match. Sorted, without repeats. */
export interface Calendar {
  readonly minute: readonly number[];
  readonly hour: readonly number[];
  readonly dayOfMonth: readonly number[];
  /** From 1. */
  readonly month: readonly number[];
  /** 0 is Sunday. */
  readonly dayOfWeek: readonly number[];
}

export type CalendarField = keyof Calendar;

export const monthNames = [
  'january',
  'february',
  'march',
  'april',
  'may',
  'june',
  'july',
  'august',
  'september',
  'october',
  'november',
  'december',
] as const;

export const dayNames = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'] as const;

interface FieldKind {
  /** As messages call it. */
  readonly words: string;
  readonly min: number;
  readonly max: number;
  /** The first stands for `min`. */
  readonly names?: readonly string[];
}

export const fieldKinds: Readonly<Record<CalendarField, FieldKind>> = {
  minute: { words: 'minute', min: 0, max: 59 },
  hour: { words: 'hour', min: 0, max: 23 },
  dayOfMonth: { words: 'day of month', min: 1, max: 31 },
  month: { words: 'month', min: 1, max: 12, names: monthNames },
  dayOfWeek: { words: 'day of week', min: 0, max: 6, names: dayNames },
};

/** In the order of cron. */
export const calendarFields = ['minute', 'hour', 'dayOfMonth', 'month', 'dayOfWeek'] as const;

export const allOf = (field: CalendarField): readonly number[] => {
  const { min, max } = fieldKinds[field];
  return Array.from({ length: max - min + 1 }, (_, index) => min + index);
};

export const isAll = (field: CalendarField, values: readonly number[]): boolean =>
  values.length === allOf(field).length;

/** The most days that each month has. */
const longestMonth = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/** Whether there is no day at all on which it could match, such as the 31st of February. */
export const neverMatches = ({ month, dayOfMonth }: Calendar): boolean =>
  !month.some((one) => dayOfMonth.some((day) => day <= (longestMonth[one - 1] ?? 0)));

/** `02:30, 14:30 on monday-friday`: the same text for the same times, however they were written. */
export function calendarWords({ minute, hour, dayOfMonth, month, dayOfWeek }: Calendar): string {
  const parts = [timeWords(minute, hour)];
  if (!isAll('dayOfMonth', dayOfMonth)) parts.push(`on day ${listWords('dayOfMonth', dayOfMonth)}`);
  if (!isAll('month', month)) parts.push(`in ${listWords('month', month)}`);
  if (!isAll('dayOfWeek', dayOfWeek)) parts.push(`on ${listWords('dayOfWeek', dayOfWeek)}`);
  return parts.join(' ');
}

const MOST_TIMES = 4;

function timeWords(minute: readonly number[], hour: readonly number[]): string {
  if (minute.length * hour.length <= MOST_TIMES)
    return hour.flatMap((h) => minute.map((m) => clockTime(h, m))).join(', ');
  const minutes = isAll('minute', minute) ? 'every minute' : `minute ${listWords('minute', minute)}`;
  return isAll('hour', hour) ? `${minutes} of every hour` : `${minutes} of hour ${listWords('hour', hour)}`;
}

export const clockTime = (hour: number, minute: number): string =>
  `${String(hour).padStart(2, '0')}:${String(minute).padStart(2, '0')}`;

/** `1-5, 7`, or with names `monday-friday`. */
function listWords(field: CalendarField, values: readonly number[]): string {
  const { min, names } = fieldKinds[field];
  const word = (value: number) => names?.[value - min] ?? String(value);
  const words: string[] = [];
  for (let from = 0; from < values.length; ) {
    let to = from;
    while (values[to + 1] === (values[to] ?? 0) + 1) to++;
    const [first, last] = [values[from] ?? 0, values[to] ?? 0];
    if (to - from >= 2) words.push(`${word(first)}-${word(last)}`);
    else for (let at = from; at <= to; at++) words.push(word(values[at] ?? 0));
    from = to + 1;
  }
  return words.join(', ');
}
