import type { Call, CallBody, CallTiming } from '../../model/connection/call.ts';
import type { OpenedCall } from '../../operations/calls/show.ts';
import type { Out } from '../../platform/terminal/out.ts';
import { safeText } from '../../platform/terminal/text.ts';

/** A line for each call. */
export function printCalls(out: Out, calls: readonly Call[]): void {
  out.table(
    [
      { title: 'CALL', align: 'right', paint: out.style.name },
      { title: 'AT' },
      { title: 'CONNECTION' },
      { title: 'STEP' },
      { title: 'REQUEST' },
      { title: 'ANSWER' },
      { title: 'MS', align: 'right' },
      { title: 'SENT', align: 'right' },
      { title: 'RECEIVED', align: 'right' },
    ],
    calls.map((call) => [
      call.id,
      call.at,
      call.connection,
      call.batch === null ? (call.step ?? '') : `${call.step} ${call.batch}`,
      `${call.method} ${call.route}`,
      answerOf(call),
      call.ms.toLocaleString('en'),
      bytesText(call.requestBytes),
      bytesText(call.responseBytes),
    ]),
  );
}

/** All of one call. */
export function printCall(out: Out, call: OpenedCall): void {
  const { style } = out;
  const { detail } = call;
  const paint = call.code === null && (call.status ?? 0) < 400 && call.status !== null ? style.good : style.bad;
  out.line(`${style.strong(`call ${call.id}`)}  ${call.at}  ${safeText(call.connection)}  ${paint(answerOf(call))}`);
  out.line(safeText(`${call.method} ${detail?.url ?? call.route}`));
  out.line(style.faint(onBehalfOf(call)));
  out.line(style.faint(timesOf(call.ms, detail?.timing ?? {})));
  if (call.keys > 0) out.line(style.faint(recordsOf(call)));
  if (call.lostBefore > 0)
    out.line(style.doubtful(`${call.lostBefore} calls before this one were lost: the journal could not keep up`));
  if (detail === null) {
    out.line();
    out.line('Address, headers and bodies were not kept: there was no key to encrypt them with.');
    return;
  }
  const dropped = call.bodiesDropped ? 'not kept: the journal could not keep up' : 'not kept';
  section(out, 'request', detail.requestHeaders, detail.requestBody, call.requestBytes, dropped);
  if (call.status !== null)
    section(out, 'answer', detail.responseHeaders, detail.responseBody, call.responseBytes, dropped);
}

function section(
  out: Out,
  title: string,
  headers: Readonly<Record<string, string>>,
  body: CallBody | null,
  bytes: number,
  missing: string,
): void {
  out.line();
  out.line(out.style.strong(title));
  for (const [name, value] of Object.entries(headers))
    out.line(`  ${out.style.name(safeText(name))}: ${safeText(value)}`);
  if (bytes === 0) return;
  out.line();
  for (const line of body?.text.split('\n') ?? []) out.line(`  ${safeText(line)}`);
  if (body === null) out.line(`  ${out.style.faint(`${bytesText(bytes)}, ${missing}`)}`);
  else if (body.cut) out.line(`  ${out.style.faint(`… the beginning of ${bytesText(body.bytes)}`)}`);
}

const answerOf = ({ status, code }: Call): string =>
  [status ?? 'no answer', code].filter((part) => part !== null).join(' ');

function onBehalfOf({ sync, run, batch, step }: Call): string {
  if (sync === null && run === null) return step === null ? 'outside of a sync' : `for ${step}`;
  const parts = [
    sync && `sync ${sync}`,
    run && `run ${run}`,
    batch !== null && `batch ${batch}`,
    step && `step ${step}`,
  ];
  return safeText(parts.filter(Boolean).join(', '));
}

const phases: readonly (readonly [phase: keyof CallTiming, words: string])[] = [
  ['lookup', 'looking up the host'],
  ['connect', 'connecting'],
  ['tls', 'TLS'],
  ['firstByte', 'until the first byte'],
  ['download', 'receiving'],
];

function timesOf(ms: number, timing: CallTiming): string {
  const taken = phases.flatMap(([phase, words]) => (timing[phase] ? [`${words} ${Math.round(timing[phase])}`] : []));
  return `${ms} ms${taken.length > 0 ? `: ${taken.join(', ')}` : ''}`;
}

function recordsOf({ keys, detail }: OpenedCall): string {
  const shown = detail?.keys.slice(0, 10).map(safeText).join(', ') ?? '';
  const more = keys - Math.min(10, detail?.keys.length ?? 0);
  const words = `${keys.toLocaleString('en')} ${keys === 1 ? 'record' : 'records'}`;
  return shown === '' ? words : `${words}: ${shown}${more > 0 ? `, and ${more.toLocaleString('en')} more` : ''}`;
}

function bytesText(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`;
  if (bytes < 1024 * 1024) return `${(bytes / 1024).toFixed(1)} KiB`;
  return `${(bytes / 1024 / 1024).toFixed(1)} MiB`;
}
