import { Temporal } from 'temporal-polyfill';

/** Whether this names a zone of the IANA time zone database. A bare offset does not: it knows nothing of summer time. */
export function isZone(zone: string): boolean {
  if (/^[+-]|^UTC./.test(zone)) return false;
  try {
    Temporal.Instant.fromEpochMilliseconds(0).toZonedDateTimeISO(zone);
    return true;
  } catch {
    return false;
  }
}
