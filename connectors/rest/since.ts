import { type EpochUnit, parseVersion, SyncFailure } from '../../index.ts';
import type { Incremental } from './source-options.ts';

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

/** What numbers count that are asked for in this format. */
export const epochOf = (format: Incremental['format']): EpochUnit | undefined => {
  if (format === 'as-is') return undefined;
  return format === 'epoch-seconds' ? 'seconds' : 'ms';
};

/** A number is an epoch: in seconds where seconds are asked for, otherwise in milliseconds. */
function epochMs(since: string | number, format: Incremental['format']): number | undefined {
  const version = parseVersion(since);
  if (version === undefined) return undefined;
  if (version.kind === 'time') return Math.floor(version.value / 1000);
  return format === 'epoch-seconds' ? version.value * 1000 : version.value;
}

const unwritable = (words: string): SyncFailure =>
  new SyncFailure('REQUEST_REJECTED', `The version to read from ${words}, so \`incremental\` cannot ask for it.`, {
    effect: 'none',
  });
