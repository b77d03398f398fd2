import fc from 'fast-check';
import type { Json } from '../../model/record/json.ts';
import { type EpochUnit, parseVersion, type RecordVersion } from '../../model/record/version.ts';
import { writtenVersion } from '../../model/version/version-form.ts';
import { VersionWatch } from '../../model/version/version-watch.ts';
import { clockOf, counting, isBeyond, lessOverlap, watermarkAfter } from '../../model/version/watermark.ts';

const second = 1_000_000;
const at = Date.UTC(2026, 10, 29, 10) * 1000;

describe('a version is written as the source wrote it', () => {
  test.each([
    ['2026-11-29 10:01:00', '2026-11-29 09:56:00'],
    ['2026-11-29T10:01:00Z', '2026-11-29T09:56:00Z'],
    ['2026-11-29T10:01:00.250Z', '2026-11-29T09:56:00.250Z'],
    ['2026-11-29T10:01:00.123456789Z', '2026-11-29T09:56:00.123456000Z'],
    ['2026-11-29T10:01', '2026-11-29T09:56'],
    ['2026-11-29T12:01:00.5+02:00', '2026-11-29T11:56:00.5+02:00'],
    ['2026-11-29 04:31:00-0530', '2026-11-29 04:26:00-0530'],
    ['2026-11-29 10:01:00 +00', '2026-11-29 09:56:00 +00'],
    ['2026-11-29', '2026-11-28'],
  ])('%s less five minutes is %s', (form, earlier) => {
    const version = parseVersion(form);
    const less = version && lessOverlap({ ...version, form }, 300_000);
    expect(less && writtenVersion(less)).toBe(earlier);
  });

  test('without a form in UTC, with microseconds where there are any; a number as a number, or padded like its text', () => {
    expect(writtenVersion({ kind: 'time', value: at })).toBe('2026-11-29T10:00:00.000Z');
    expect(writtenVersion({ kind: 'time', value: at + 5 })).toBe('2026-11-29T10:00:00.000005Z');
    expect(writtenVersion({ kind: 'number', value: 7 })).toBe(7);
    expect(writtenVersion({ kind: 'number', value: 7, form: '12' })).toBe('7');
    expect(writtenVersion({ kind: 'number', value: 7, form: '0012' })).toBe('0007');
  });

  test('what is written is read back as no later, and as the same where the form can say it', () => {
    const forms = ['2026-01-01', '2026-01-01 00:00', '2026-01-01T00:00:00', '2026-01-01T00:00:00.000000+05:30'];
    fc.assert(
      fc.property(fc.integer({ min: -at, max: 2 * at }), fc.constantFrom(...forms, undefined), (value, form) => {
        const written = parseVersion(writtenVersion({ kind: 'time', value, ...(form && { form }) }));
        expect(written?.value).toBeLessThanOrEqual(value);
        if (form === undefined || form.includes('.')) expect(written?.value).toBe(value);
      }),
    );
  });
});

describe('where the watermark stands after a run', () => {
  const time = (minute: number): RecordVersion => ({ kind: 'time', value: at + minute * 60 * second });
  const number = (value: number): RecordVersion => ({ kind: 'number', value });
  const readFromMs = (at + 60 * 60 * second) / 1000;

  test.each<[string, Partial<Parameters<typeof watermarkAfter>[0]>, RecordVersion | null]>([
    ['the first run: its highest', { before: null, full: true, highest: [time(1), null, time(3), time(2)] }, time(3)],
    ['an incremental run never lowers it', { before: time(5), highest: [time(3)] }, time(5)],
    ['nor sets it to another kind', { before: time(5), highest: [number(9), time(6), number(10)] }, time(6)],
    ['nor where there is only another kind', { before: time(5), highest: [number(9)] }, time(5)],
    ['a full run lowers it', { before: time(5), full: true, highest: [time(3)] }, time(3)],
    [
      'a full run keeps to its kind where it finds it',
      { before: time(5), full: true, highest: [number(9), time(3)] },
      time(3),
    ],
    [
      'a full run that finds only another kind goes over to it',
      { before: time(5), full: true, highest: [number(9)] },
      number(9),
    ],
    ['a full run that finds nothing leaves it', { before: time(5), full: true, highest: [null] }, time(5)],
    [
      'of a first run that finds two kinds, the first',
      { before: null, full: true, highest: [null, time(1), number(9)] },
      time(1),
    ],
    ['what was stamped after reading began is read again', { before: null, highest: [time(63)] }, time(60)],
    [
      'also of seconds since 1970',
      { before: null, highest: [{ ...number(readFromMs / 1000 + 2), epoch: 'seconds' }] },
      { ...number(readFromMs / 1000), epoch: 'seconds' },
    ],
    ['a number that only rises has no clock', { before: null, highest: [number(1e15)] }, number(1e15)],
  ])('%s', (_, read, expected) => {
    expect(watermarkAfter({ before: null, full: false, highest: [], readFromMs, ...read })).toEqual(expected);
  });

  test('a stored one beyond the clock is known as such: a time, or a number of which it is known what it counts', () => {
    expect(isBeyond(time(66), readFromMs)).toBe(true);
    expect(isBeyond(time(65), readFromMs)).toBe(false);
    expect(isBeyond(number(253_402_300_799), readFromMs)).toBe(false);
    expect(isBeyond({ ...number(253_402_300_799), epoch: 'seconds' }, readFromMs)).toBe(true);
  });
});

describe('the versions of a batch', () => {
  const watched = (versions: readonly Json[], kind?: RecordVersion['kind'], epoch?: EpochUnit) => {
    const watch = new VersionWatch('v', { kind, epoch });
    watch.readAt(at / 1000);
    const comparable = versions.map((v) => {
      const version = parseVersion(v);
      if (version === undefined) return undefined;
      const value = watch.comparable(version);
      watch.passed(version, { v });
      return value;
    });
    return { comparable, highest: watch.highest, ...watch.odd };
  };

  test('one beyond the clock compares with nothing, and is no highest; one within the tolerance may be', () => {
    const form = '2026-11-29T10:05:00Z';
    expect(watched(['2026-11-29T09:00:00Z', form, '9999-12-31T00:00:00Z'])).toEqual({
      comparable: [at - 3600 * second, null, null],
      highest: { kind: 'time', value: at + 300 * second, form },
      ...{ ahead: 1, otherKind: 0 },
    });
  });

  test('numbers are times where the source says what they count', () => {
    const now = at / second;
    const seconds = watched([now, now + 1, 253_402_300_799], undefined, 'seconds');
    expect(seconds).toMatchObject({ comparable: [now, null, null], ahead: 1 });
    expect(seconds.highest).toEqual({ kind: 'number', value: now + 1, epoch: 'seconds' });
    expect(watched([7, 253_402_300_799])).toMatchObject({ highest: { value: 253_402_300_799 }, ahead: 0 });
  });

  test('one of another kind than the sync compares with nothing, and is the highest only where there is no other', () => {
    const time = '2026-11-29T09:00:00Z';
    expect(watched([5, time, 6], 'time')).toMatchObject({ highest: { kind: 'time' }, otherKind: 2 });
    expect(watched([5, time, 6])).toMatchObject({ comparable: [5, null, 6], highest: { value: 6 }, otherKind: 1 });
    expect(watched([5, 6], 'time')).toMatchObject({ comparable: [null, null], highest: { value: 6 }, otherKind: 2 });
  });
});

/** How a source writes versions, and how its filter compares them. Times in microseconds. */
interface SourceKind {
  readonly write: (micros: number) => Json;
  readonly passes: (version: Json, since: string | number) => boolean;
  readonly epoch?: EpochUnit;
}

const iso = (micros: number): string => new Date(Math.floor(micros / 1000)).toISOString();
/** As a source would, which knows nothing of the engine. */
const texts: Readonly<Record<string, (micros: number) => string>> = {
  'YYYY-MM-DD hh:mm:ss': (micros) => iso(micros).slice(0, 19).replace('T', ' '),
  'YYYY-MM-DDThh:mm:ssZ': (micros) => `${iso(micros).slice(0, 19)}Z`,
  'YYYY-MM-DDThh:mm:ss.sss-08:00': (micros) => iso(micros - 8 * 3600 * second).replace('Z', '-08:00'),
  'YYYY-MM-DD': (micros) => iso(micros).slice(0, 10),
};
const text = (write: SourceKind['write'], isExclusive: boolean): SourceKind => ({
  write,
  passes: (version, since) => (isExclusive ? String(version) > String(since) : String(version) >= String(since)),
});
const read = (version: Json): number => parseVersion(version)?.value ?? Number.NaN;
const time = (resolution: number, isExclusive: boolean): SourceKind => ({
  write: iso,
  passes(version, since) {
    const [a, b] = [version, since].map((one) => Math.floor(read(one) / resolution));
    return isExclusive ? Number(a) > Number(b) : Number(a) >= Number(b);
  },
});
const epoch = (unit: EpochUnit, isExclusive: boolean): SourceKind => ({
  write: (micros) => Math.floor(micros / (unit === 'seconds' ? second : 1000)),
  passes: (version, since) => (isExclusive ? Number(version) > Number(since) : Number(version) >= Number(since)),
  epoch: unit,
});
/** Writes times of its own zone without saying so; hours that its clocks are ahead of UTC. */
const ownZone = (hours: number): SourceKind =>
  text(
    (micros) =>
      iso(micros + hours * 3600 * second)
        .slice(0, 19)
        .replace('T', ' '),
    false,
  );

const kinds: Readonly<Record<string, SourceKind>> = Object.fromEntries([
  ...[false, true].flatMap((isExclusive): [string, SourceKind][] => {
    const how = isExclusive ? 'exclusive' : 'inclusive';
    return [
      ...Object.entries(texts).map(([form, write]): [string, SourceKind] => [
        `${form}, ${how}`,
        text(write, isExclusive),
      ]),
      [`times, ${how}`, time(1, isExclusive)],
      [`times by the second, ${how}`, time(second, isExclusive)],
      [`seconds since 1970, ${how}`, epoch('seconds', isExclusive)],
      [`ms since 1970, ${how}`, epoch('ms', isExclusive)],
    ];
  }),
  ['texts of its own zone, east', ownZone(2)],
  ['texts of its own zone, west', ownZone(-8)],
]);

const overlapMs = 300_000;
const FAR_AHEAD_MS = 5000 * 365 * 24 * 3_600_000;

type Stamp = 'right' | 'minutes' | 'hours' | 'far';

/** `late`: so many ms after it was stamped it can be seen. `ahead`: how far its stamp lies beyond the clock. */
interface Change {
  readonly record: number;
  readonly late: number;
  readonly ahead: Stamp;
}

const change: fc.Arbitrary<Change> = fc.record({
  record: fc.nat(4),
  late: fc.oneof(fc.constant(0), fc.nat(overlapMs - 1000)),
  ahead: fc.constantFrom('right', 'right', 'minutes', 'hours', 'far'),
});
const history = fc.array(
  fc.record({
    waitMs: fc.oneof(fc.nat(2000), fc.nat(600_000), fc.nat(6 * 3_600_000)),
    does: fc.oneof(change, fc.constant('run' as const), fc.constant('full' as const)),
  }),
  { minLength: 2, maxLength: 30 },
);

interface Row {
  readonly record: number;
  readonly version: Json;
  readonly content: number;
  readonly seenFromMs: number;
}

/** The part of the engine that decides what is read and what is newer. */
class ModelSync {
  readonly delivered = new Map<number, { readonly content: number; readonly version: number | null }>();
  #watermark: RecordVersion | null = null;
  readonly #source: SourceKind;

  constructor(source: SourceKind) {
    this.#source = source;
  }

  run(rows: readonly Row[], nowMs: number, isFull: boolean): void {
    const { epoch: unit, passes } = this.#source;
    const before = this.#watermark;
    const earlier = before && lessOverlap(before, overlapMs);
    const since = isFull || !earlier ? null : writtenVersion(earlier);
    const watch = new VersionWatch('version', { kind: before?.kind, epoch: unit });
    watch.readAt(nowMs);
    for (const row of rows) {
      if (since !== null && !passes(row.version, since)) continue;
      const version = parseVersion(row.version);
      if (version === undefined) throw new Error('the model writes what can be read');
      this.#deliver(row.record, row.content, watch.comparable(version));
      watch.passed(version, { version: row.version });
    }
    const full = since === null;
    this.#watermark = watermarkAfter({ before, full, highest: [watch.highest], readFromMs: nowMs });
  }

  #deliver(key: number, content: number, version: number | null): void {
    const known = this.delivered.get(key);
    const isOlder = known !== undefined && known.version !== null && version !== null && version < known.version;
    if (!isOlder) this.delivered.set(key, { content, version });
  }
}

/** The rows of a source through time. The version of a record rises with each change, but where one beyond the clock is corrected. */
class ModelSource {
  readonly #kind: SourceKind;
  readonly #aheadMs: Readonly<Record<Stamp, number>>;
  readonly #committed: Row[] = [];

  constructor(kind: SourceKind, isWest: boolean) {
    this.#kind = kind;
    this.#aheadMs = { right: 0, minutes: 240_000, hours: 3 * 3_600_000, far: FAR_AHEAD_MS };
    // Some hours ahead is not beyond the clock of a source that is as far west and does not say so.
    if (isWest) this.#aheadMs = { ...this.#aheadMs, minutes: 0, hours: 0 };
  }

  change({ record, late, ahead }: Change, content: number, nowMs: number): void {
    const version = this.#kind.write((nowMs + this.#aheadMs[ahead]) * 1000);
    const before = this.#committed.findLast((row) => row.record === record);
    const seenFromMs = Math.max(nowMs + late, before?.seenFromMs ?? 0);
    const isLower = before !== undefined && read(version) < read(before.version);
    if (isLower && (seenFromMs > nowMs || read(before.version) <= this.#clock(nowMs))) return;
    this.#committed.push({ record, content, version, seenFromMs });
  }

  /** Of each record the row that was committed last. */
  at(nowMs: number): readonly Row[] {
    const seen = this.#committed.filter(({ seenFromMs }) => seenFromMs <= nowMs);
    return [...new Map(seen.map((row) => [row.record, row])).values()];
  }

  #clock(nowMs: number): number {
    const { epoch: unit } = this.#kind;
    return clockOf(counting({ kind: unit === undefined ? 'time' : 'number', value: 0 }, unit), nowMs);
  }
}

test.each(Object.entries(kinds))('invariant 2, cursor behind: no filter hides a record for good: %s', (name, kind) => {
  fc.assert(
    fc.property(history, (steps) => {
      const sync = new ModelSync(kind);
      const source = new ModelSource(kind, name.endsWith('west'));
      let nowMs = at / 1000;
      for (const [content, { waitMs, does }] of steps.entries()) {
        nowMs += waitMs;
        if (typeof does === 'string') sync.run(source.at(nowMs), nowMs, does === 'full');
        else source.change(does, content, nowMs);
      }
      nowMs += overlapMs;
      sync.run(source.at(nowMs), nowMs, false);
      const there = source.at(nowMs).map(({ record, content }) => [record, content]);
      expect(new Map([...sync.delivered].map(([record, { content }]) => [record, content]))).toEqual(
        new Map(there as []),
      );
    }),
    { numRuns: 500 },
  );
});
