import type { Call } from '../../model/connection/call.ts';
import type { FieldLineage } from '../../model/mapping/walk.ts';
import { type Json, valueAt } from '../../model/record/json.ts';
import type { LiveRecord, Side } from '../../operations/explain/both-sides.ts';
import type { Explained } from '../../operations/explain/explained.ts';
import type { Lineage } from '../../operations/explain/lineage.ts';
import type { LastWrite } from '../../platform/ledger/records/record-history.ts';
import type { UnagreedEntry } from '../../platform/ledger/records/unagreed-work.ts';
import type { Out } from '../../platform/terminal/out.ts';
import { cutText, safeText } from '../../platform/terminal/text.ts';
import { printEntry } from '../quarantine/print.ts';

export function printExplained(out: Out, explained: Explained): void {
  const { sync, key, write, quarantine, lineage, unknown } = explained;
  out.line(`${out.style.strong(safeText(key))} of ${sync}: ${explained.state}`);
  if (write) printWrite(out, write);
  if (explained.unagreed) out.line(`  ${'read back'.padEnd(13)}${unagreedWords(explained.unagreed)}`);
  for (const entry of quarantine) {
    out.line();
    printEntry(out, entry);
  }
  if (lineage) printLineage(out, lineage);
  printCallsOf(out, 'Carried by', explained.calls.delivered);
  printCallsOf(out, 'Fetched with its batch by', explained.calls.fetched);
  if (unknown.length === 0) return;
  out.line();
  out.line('Not known:');
  for (const line of unknown) out.line(`  - ${line}`);
}

function printWrite(out: Out, write: LastWrite): void {
  const rows: [string, string | null][] = [
    [write.state, write.confirmedAt],
    ['fetched', write.fetchedAt],
    ['sent', write.sentAt],
    ['by run', write.run === null ? null : `${write.run} (${write.mode}, started by ${write.trigger})`],
    ['in batch', write.batch === null || write.batch === 0 ? null : String(write.batch)],
    ['in request', write.request === null ? null : `${write.request}, with ${write.records} records`],
    ['reconciled', readBackWords(write)],
    ['version', write.version],
    ['content hash', write.hash],
    ['id there', write.destinationId],
  ];
  for (const [title, value] of rows) if (value !== null) out.line(`  ${title.padEnd(13)}${safeText(value)}`);
}

/** Calls that are named; the journal has the rest. */
const CALLS = 5;

function printCallsOf(out: Out, title: string, calls: readonly Call[]): void {
  if (calls.length === 0) return;
  out.line();
  out.line(`${title}:`);
  for (const { id, at, method, route, status, code } of calls.slice(0, CALLS))
    out.line(
      `  call ${id.padEnd(9)}${at}  ${safeText(`${method} ${route}`)}  ${status ?? 'no answer'} ${code ?? ''}`.trimEnd(),
    );
  const [first] = calls;
  out.line(out.style.faint(`  syncline calls show ${first?.id} shows one.`));
}

function unagreedWords({ finding, times, run, foundAt, givenUpAt, reason }: UnagreedEntry): string {
  const found = `${finding} at the destination since ${foundAt}, sent so ${times} ${times === 1 ? 'time' : 'times'}, last by run ${run}`;
  return givenUpAt === null ? found : `${found}; given up ${givenUpAt}: ${safeText(reason ?? '')}`;
}

/** The run compares a sample of what it delivered: which records were in it is not noted, unless it was all of them. */
function readBackWords({ reconciled, runDelivered, runEndedAt }: LastWrite): string | null {
  if (!reconciled || reconciled.checked === 0) return null;
  const { checked, missing, different } = reconciled;
  const covered =
    runDelivered !== null && checked >= runDelivered
      ? 'this record among them'
      : 'whether this record was among them is not noted';
  return `${runEndedAt ?? ''} by that run: ${checked} of ${runDelivered ?? 'its'} delivered records read back, ${covered}; ${missing} missing, ${different} different`;
}

/** The record as both systems have it now. */
export function printLive(out: Out, { source, destination, lineage }: LiveRecord): void {
  out.line();
  out.line(`Now: source ${sideWords(source)}, destination ${sideWords(destination)}.`);
  if (lineage) printLineage(out, lineage, destination.state === 'found' ? destination.record : undefined);
}

const sideWords = (side: Side): string => {
  if (side.state === 'failed') return `failed with ${side.code}`;
  return side.state === 'cannot be asked' ? 'cannot be asked by key (docs/connectors.md)' : side.state;
};

function printLineage(out: Out, { outcome, reason, field, fields }: Lineage, there?: Json): void {
  const why = reason === null ? '' : ` (${field === null ? '' : `${safeText(field)}: `}${safeText(reason)})`;
  out.line();
  out.line(`Through today's mapping: ${outcome === 'mapped' ? out.style.good(outcome) : out.style.bad(outcome)}${why}`);
  out.table(
    [
      { title: 'FIELD', paint: out.style.name },
      { title: 'FROM' },
      { title: 'RULES' },
      { title: 'BECOMES' },
      ...(there === undefined ? [] : [{ title: 'IS THERE' }]),
    ],
    fields.map((one) => [
      one.field,
      one.from.map(({ path, value }) => `${path} = ${shown(value)}`).join(', '),
      one.steps.map(({ words }) => words).join(', then '),
      becomes(one),
      ...(there === undefined ? [] : [shown(valueAt(there, one.field))]),
    ]),
  );
}

const becomes = ({ after, rejected }: FieldLineage): string => {
  if (rejected) return `rejected by ${rejected.rule}: ${rejected.reason}`;
  return after === undefined ? 'left out' : shown(after);
};

const shown = (value: unknown): string => cutText(safeText(JSON.stringify(value) ?? 'nothing'), 60);
