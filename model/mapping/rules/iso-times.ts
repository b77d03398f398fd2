import { Temporal } from 'temporal-polyfill';
import { definitionError } from '../definition.ts';
import { builtIn, reject } from '../rule.ts';
import type { Rule } from '../types.ts';
import { checkZone } from './zones.ts';

const instant = /^(\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d)?)(\.\d+)?(Z|[+-]\d\d:?\d\d)$/i;

/**
 * An ISO instant (`2026-12-31T22:59:00Z`) as the date and time that a clock in the zone shows, without an offset
 * (`2026-12-31T23:59:00`), for systems that keep local times. Digits of a second stay as they are.
 */
export function localTime(zone: string): Rule<string, string> {
  const known = checkZone('localTime', zone);
  const failed = reject('not an ISO time with an offset, such as 2026-12-31T22:59:00Z');
  return builtIn({
    name: 'localTime',
    words: `as the local time in ${zone}, without an offset`,
    run: (text: string) => {
      const [, time = '', fraction = '', offset = ''] = instant.exec(text) ?? [];
      const epochMs = Date.parse(`${time.replace(' ', 'T')}${offset.replace(/(\d\d)(\d\d)$/, '$1:$2')}`);
      if (Number.isNaN(epochMs)) return failed;
      const local = Temporal.Instant.fromEpochMilliseconds(epochMs).toZonedDateTimeISO(known).toPlainDateTime();
      return `${local.toString({ smallestUnit: 'second' })}${fraction}`;
    },
    settings: { zone },
    takes: ['text'],
    gives: ['text'],
  });
}

const withSeconds = /^(?:.*[T ])?\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?: ?(?:Z|[+-][\d:]+))?$/i;

/** An ISO time with so many digits of a second at the most; further ones are left out, not rounded. */
export function cutSeconds(digits: number): Rule<string, string> {
  if (!Number.isInteger(digits) || digits < 0 || digits > 9)
    throw definitionError('`cutSeconds`: expected a number of digits from 0 to 9');
  const beyond = digits === 0 ? /\.\d+/ : new RegExp(`(\\.\\d{${digits}})\\d+`);
  const failed = reject('not an ISO time such as 10:00:00.123Z');
  return builtIn({
    name: 'cutSeconds',
    words: `with ${digits} digits of a second at the most`,
    run: (text: string) => (withSeconds.test(text) ? text.replace(beyond, digits === 0 ? '' : '$1') : failed),
    settings: { digits },
    takes: ['text'],
    gives: ['text'],
  });
}
