import { type Calendar, type CalendarField, calendarFields, fieldKinds } from './calendar.ts';

/** What a field says, or what is wrong with it. */
export type ParsedField =
  | { readonly ok: true; readonly values: readonly number[] }
  | { readonly ok: false; readonly problem: string };

/**
 * One field in the language of cron: `*`, `5`, `1-5`, `0,30`, `*` with `/15`, and names of months and days
 * (`mon-fri`, `monday`). 7 is Sunday too.
 */
export function parseField(field: CalendarField, text: string): ParsedField {
  const values = new Set<number>();
  for (const part of text.split(',')) {
    const found = parsePart(field, part.trim());
    if (typeof found === 'string') return { ok: false, problem: found };
    for (const value of found) values.add(field === 'dayOfWeek' && value === 7 ? 0 : value);
  }
  return { ok: true, values: [...values].sort((a, b) => a - b) };
}

function parsePart(field: CalendarField, part: string): readonly number[] | string {
  const { words, min } = fieldKinds[field];
  const max = highest(field);
  const match = /^(\*|[a-z0-9]+)(?:-([a-z0-9]+))?(?:\/(\d+))?$/i.exec(part);
  if (!match) return `\`${part}\` in the ${words} cannot be read: expected ${min} to ${max}, \`*\`, \`a-b\`, \`*/n\``;
  const [, first = '', second, stepText] = match;
  const step = stepText === undefined ? 1 : Number(stepText);
  if (step < 1 || step > max) return `the step \`${stepText}\` in the ${words}: expected 1 to ${max}`;
  if (first === '*') return range(min, fieldKinds[field].max, step);
  const from = numberOf(field, first);
  if (from === undefined) return outside(field, first);
  if (second === undefined) return stepText === undefined ? [from] : range(from, fieldKinds[field].max, step);
  const to = numberOf(field, second);
  if (to === undefined) return outside(field, second);
  if (to < from) return `\`${part}\` in the ${words}: the range ends before it begins`;
  return range(from, to, step);
}

const outside = (field: CalendarField, text: string): string =>
  `\`${text}\` in the ${fieldKinds[field].words}: expected ${fieldKinds[field].min} to ${highest(field)}`;

/** 7 is another name of Sunday, as in every cron. */
const highest = (field: CalendarField): number => (field === 'dayOfWeek' ? 7 : fieldKinds[field].max);

function numberOf(field: CalendarField, text: string): number | undefined {
  const { min, names } = fieldKinds[field];
  if (/^\d{1,2}$/.test(text)) {
    const value = Number(text);
    return value >= min && value <= highest(field) ? value : undefined;
  }
  const name = text.toLowerCase();
  const at = name.length >= 3 ? (names?.findIndex((candidate) => candidate.startsWith(name)) ?? -1) : -1;
  return at === -1 ? undefined : min + at;
}

const range = (from: number, to: number, step: number): readonly number[] =>
  Array.from({ length: Math.floor((to - from) / step) + 1 }, (_, index) => from + index * step);

const shortcuts: Readonly<Record<string, string>> = {
  '@hourly': '0 * * * *',
  '@daily': '0 0 * * *',
  '@midnight': '0 0 * * *',
  '@weekly': '0 0 * * 0',
  '@monthly': '0 0 1 * *',
  '@yearly': '0 0 1 1 *',
  '@annually': '0 0 1 1 *',
};

/** The five fields of cron, as crontab(5) has them; except that both day fields have to match, not one of them. */
export function parseCron(text: string): { readonly calendar: Calendar } | { readonly problems: readonly string[] } {
  const trimmed = text.trim();
  const instead = shortcuts[trimmed.toLowerCase()];
  if (instead !== undefined) return { problems: [`write \`${instead}\` instead of \`${trimmed}\``] };
  const fields = trimmed.split(/\s+/);
  if (fields.length !== calendarFields.length)
    return {
      problems: [
        `a cron has the five fields minute, hour, day of month, month, day of week; this one has ${fields.length}` +
          (fields.length === 6 ? ': seconds are not supported' : ''),
      ],
    };
  const parsed = calendarFields.map((field, index) => parseField(field, fields[index] ?? ''));
  const problems = parsed.flatMap((one) => (one.ok ? [] : [one.problem]));
  if (problems.length > 0) return { problems };
  const [minute = [], hour = [], dayOfMonth = [], month = [], dayOfWeek = []] = parsed.map((one) =>
    one.ok ? one.values : [],
  );
  return { calendar: { minute, hour, dayOfMonth, month, dayOfWeek } };
}
