import { isFailureCode } from '../../model/failure/failure.ts';
import type { RecordVersion } from '../../model/record/version.ts';
import type { RunNotice } from '../../model/sync/notice.ts';
import type { RunState } from '../../model/sync/run-state.ts';
import { choicesOf, whereOf } from '../../model/sync/steering.ts';
import { formatDuration } from '../../model/text/duration.ts';
import type { Seen, SyncSeen } from '../../operations/contracts/sync-seen.ts';
import { positionWords } from '../../operations/runs/position.ts';
import { ago, deliveredWords } from '../../operations/status/words.ts';
import type { QuarantineGroup } from '../../platform/ledger/quarantine/entries.ts';
import type { RunDrift } from '../../platform/ledger/records/drift.ts';
import type { Out } from '../../platform/terminal/out.ts';
import { safeText } from '../../platform/terminal/text.ts';
import { adviceLines } from '../runs/advice-lines.ts';
import { printDrift } from '../runs/drift.ts';
import { printNotices } from '../runs/notices.ts';
import { paintStatus, printRun } from '../runs/report.ts';

/** One sync: what it does or did last, what it waits for, how far behind it is, and its last runs. */
export function printOne(
  out: Out,
  seen: SyncSeen,
  found: {
    readonly quarantine: readonly QuarantineGroup[];
    readonly drift: readonly RunDrift[];
    readonly notices: readonly RunNotice[];
  },
  expectedRecords: number | undefined,
): void {
  const { sync, runs } = seen;
  const [latest] = runs;
  if (!latest) {
    out.line(seen.standing?.pausedAt ? `${sync} is paused and has never run.` : `${sync} has never run.`);
    out.line(`Next: syncline ${seen.standing?.pausedAt ? 'resume' : 'run'} ${sync}`);
    return;
  }
  if (latest.summary.endedAt === null) printOpen(out, seen, latest, expectedRecords);
  else printRun(out, latest.summary, found.quarantine);
  printNotices(out, found.notices);
  printDrift(out, found.drift);
  out.line();
  printStanding(out, seen);
  if (runs.length > 1) printEarlier(out, runs.slice(1));
}

function printOpen(out: Out, seen: SyncSeen, { summary, live }: Seen, expectedRecords: number | undefined): void {
  const { style } = out;
  const { mode, run, startedAt, trigger } = summary;
  out.line(
    `${style.strong(seen.sync)} ${paintStatus(style, seen.status)} (${mode}, run ${run}, begun ${ago(startedAt)} by ${safeText(trigger)})`,
  );
  const rows: [string, string][] = [];
  const state = live?.state ?? null;
  if (state) rows.push(...stateRows(state, expectedRecords));
  else rows.push(['stage', 'no worker answers for this run: is one up?']);
  const waiting = state?.parked ? null : live?.waiting;
  if (waiting) {
    rows.push(['waits for', `${waiting.code} in ${whereOf(waiting)}: ${waiting.message}`]);
    const next =
      waiting.nextAttempt === null
        ? 'trying again just now'
        : `next attempt in ${formatDuration(Math.max(0, Date.parse(waiting.nextAttempt) - Date.now()))} (${waiting.nextAttempt})`;
    rows.push(['until', `attempt ${waiting.attempt}, ${next}; it goes on by itself`]);
  }
  printRows(out, rows);
  if (state?.parked) printParked(out, state.parked, seen.sync);
  else if (waiting) printCommands(out, [`syncline retry ${seen.sync}`, 'tries at once']);
  else if (state?.paused) printCommands(out, [`syncline resume ${seen.sync}`, 'lets it go on']);
}

function stateRows(state: RunState, expectedRecords: number | undefined): [string, string][] {
  const { counts, batches, fetched } = state;
  const elapsedS = (Date.now() - Date.parse(state.startedAt)) / 1000;
  const rate = elapsedS > 0 ? counts.fetched / elapsedS : 0;
  const left =
    state.mode === 'full' && expectedRecords !== undefined && expectedRecords > fetched && rate > 0
      ? `, about ${formatDuration(((expectedRecords - counts.fetched) / rate) * 1000)} left`
      : '';
  const number = (n: number) => n.toLocaleString('en');
  return [
    ['stage', `${state.stage}, ${batches.delivered} of ${batches.fetched} batches delivered`],
    [
      'records',
      `fetched ${number(fetched)}, delivered ${number(counts.delivered)}, unchanged ${number(counts.unchanged)}, ` +
        `filtered ${number(counts.filtered)}, set aside ${number(counts.quarantined)}`,
    ],
    ...(rate >= 1 ? [['rate', `${number(Math.round(rate))} records/s since it began${left}`] as [string, string]] : []),
  ];
}

function printParked(out: Out, parked: NonNullable<RunState['parked']>, sync: string): void {
  printRows(out, [
    ['parked', `${parked.code} in ${whereOf(parked)}, since ${parked.since} (${ago(parked.since)})`],
    ['', parked.message],
  ]);
  out.line();
  if (isFailureCode(parked.code)) for (const line of adviceLines(parked.code, sync)) out.line(line);
  const names = { retry: 'retry', skip: 'skip', abort: 'cancel' } as const;
  printCommands(
    out,
    ...choicesOf(parked).map(({ verb, does }): [string, string] => [
      `syncline ${names[verb]} ${sync}`,
      does.replaceAll('`', ''),
    ]),
  );
}

function printStanding(out: Out, seen: SyncSeen): void {
  const {
    pausedAt = null,
    pauseNote = null,
    watermark = null,
    lastGood = null,
    lastFailure = null,
    idleTicks = null,
  } = seen.standing ?? {};
  const rows: [string, string][] = [];
  if (pausedAt !== null) rows.push(['paused', `${ago(pausedAt)}${pauseNote === null ? '' : `: ${pauseNote}`}`]);
  rows.push([
    'behind',
    seen.behindMs === null || lastGood === null
      ? 'no run has read to the end yet'
      : `${formatDuration(seen.behindMs)}: the last run that read to the end began at ${lastGood.upTo}; ${deliveredWords(lastGood.status)}`,
  ]);
  if (watermark !== null) rows.push(['read up to', readUpToWords(seen.sync, watermark)]);
  if (lastGood) rows.push(['last good run', `${lastGood.run}, ${lastGood.status} ${ago(lastGood.at)}`]);
  if (lastFailure)
    rows.push([
      'last failure',
      `${lastFailure.run}, ${ago(lastFailure.at)}: ${lastFailure.code}: ${lastFailure.message}`,
    ]);
  if (idleTicks)
    rows.push([
      'no run at',
      `${idleTicks.skipped} skipped and ${idleTicks.missed} missed ticks in 7 days, the last ${idleTicks.last}: syncline schedule list ${seen.sync}`,
    ]);
  printRows(out, rows);
  if (pausedAt !== null && seen.runs[0]?.summary.endedAt !== null)
    printCommands(out, [`syncline resume ${seen.sync}`, 'lets the next run work']);
}

/** Where the next incremental run goes on, and what it would not see. */
const readUpToWords = (sync: string, watermark: RecordVersion): string =>
  `version ${positionWords(watermark)}; a change that came later under a version before its overlap is found by \`syncline run ${sync} --full\``;

function printEarlier(out: Out, runs: readonly Seen[]): void {
  out.line();
  out.table(
    [
      { title: 'RUN', paint: out.style.name },
      { title: 'STATUS' },
      { title: 'BEGUN' },
      { title: 'FETCHED', align: 'right' },
      { title: 'DELIVERED', align: 'right' },
      { title: 'ASIDE', align: 'right' },
      { title: 'WHY' },
    ],
    runs.map((run) => {
      const { counts, run: id, startedAt } = run.summary;
      const number = (value: number | undefined) => value?.toLocaleString('en') ?? '';
      return [
        id,
        run.status,
        ago(startedAt),
        number(counts?.fetched),
        number(counts?.delivered),
        number(counts?.quarantined),
        run.reason,
      ];
    }),
  );
}

function printRows(out: Out, rows: readonly (readonly [string, string])[]): void {
  for (const [title, value] of rows) out.line(`  ${out.style.faint(title.padEnd(13))} ${safeText(value)}`);
}

function printCommands(out: Out, ...commands: readonly (readonly [string, string])[]): void {
  const width = Math.max(...commands.map(([command]) => command.length));
  for (const [command, does] of commands) out.line(`  ${out.style.name(command.padEnd(width))}  ${does}`);
}
