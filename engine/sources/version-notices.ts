import type { Notice } from '../../model/sync/notice.ts';
import { formatDuration } from '../../model/text/duration.ts';
import type { OddVersions } from '../../model/version/version-watch.ts';
import { CLOCK_TOLERANCE_MS } from '../../model/version/watermark.ts';

const records = (n: number): string => (n === 1 ? '1 record' : `${n} records`);

/** What a run tells of the versions of a batch. */
export function versionNotices(field: string | undefined, { ahead, otherKind }: OddVersions): readonly Notice[] {
  const subject = field ?? '';
  const found: Notice[] = [];
  if (ahead > 0)
    found.push({
      code: 'VERSION_AHEAD',
      subject,
      records: ahead,
      detail: `${records(ahead)} stamped more than ${formatDuration(CLOCK_TOLERANCE_MS)} beyond the clock of the source`,
    });
  if (otherKind > 0)
    found.push({
      code: 'VERSION_KIND_DIFFERS',
      subject,
      records: otherKind,
      detail: `${records(otherKind)} with a version of another kind than those of the sync (a time, or a number)`,
    });
  return found;
}

/** What a run tells that found a watermark and did not use it. */
export const watermarkAhead: Notice = {
  code: 'WATERMARK_AHEAD',
  subject: '',
  records: 0,
  detail: 'it goes on from where the watermark stood before; what was hidden since is read again',
};
