import { SyncFailure } from '../../model/failure.ts';
import type { Incremental } from './rest-source-options.ts';

/**
 * The value of the query parameter that asks for what changed at or after `since`. Times are rounded down, so that
 * nothing is missed. Throws REQUEST_REJECTED for a version that the format cannot write.
 */
export function sinceValue(since: string | number, { format, template }: Incremental): string {
  const value = formatted(since, format);
  if (template !== '{since}' && /["'\\`]/.test(value)) throw unwritable('holds a quote or a backslash');
  return template.replaceAll('{since}', () => value);
}

function formatted(since: string | number, format: Incremental['format']): string {
  if (format === 'as-is') return String(since);
  const ms = epochMs(since, format);
  if (ms === undefined) throw unwritable('is not a time');
  switch (format) {
    case 'iso':
      return new Date(ms).toISOString();
    case 'iso-space':
      return new Date(ms).toISOString().replace('T', ' ');
    case 'epoch-seconds':
      return String(Math.floor(ms / 1000));
    case 'epoch-ms':
      return String(ms);
  }
}

const isoTime = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d(?:\.\d+)?)?))?\s?(Z|[+-]\d\d:?\d\d)?$/i;

/** A number is an epoch: in seconds where seconds are asked for, otherwise in milliseconds. */
function epochMs(since: string | number, format: Incremental['format']): number | undefined {
  if (typeof since === 'number') return format === 'epoch-seconds' ? since * 1000 : Math.floor(since);
  const match = isoTime.exec(since.trim());
  if (!match) return undefined;
  const [, day = '', time = '00:00', zone = 'Z'] = match;
  const ms = Date.parse(`${day}T${time}${zone.toUpperCase()}`);
  return Number.isNaN(ms) ? undefined : ms;
}

const unwritable = (words: string): SyncFailure =>
  new SyncFailure('REQUEST_REJECTED', `The version to read from ${words}, so \`incremental\` cannot ask for it.`, {
    effect: 'none',
  });
