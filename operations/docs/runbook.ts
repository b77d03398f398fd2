import type { CallLimits, Connection } from '../../model/connection/connection.ts';
import { adviceFor, byItself } from '../../model/failure/advice.ts';
import { type FailureCode, failures } from '../../model/failure/failure.ts';
import type { NextAction } from '../../model/failure/failure-kind.ts';
import type { LoadedSync } from '../../model/sync/project.ts';
import { formatDuration } from '../../model/text/duration.ts';
import { canFail } from './can-fail.ts';
import { GENERATED } from './generated.ts';
import type { SyncPage } from './page.ts';
import { escapeText, table } from './table.ts';

/** What whoever is called at night needs to know of one sync: Markdown, from the files of the project. */
export function runbookMarkdown(page: SyncPage, loaded: LoadedSync): string {
  const codes = canFail(loaded, page.delivery?.class);
  return `${[
    `# Runbook: ${page.name}`,
    ...(page.summary === undefined ? [] : [escapeText(page.summary)]),
    `Every field and its rule: [${page.name}](../syncs/${page.name}.md). Every failure: [failures](../failures.md).`,
    '## The two systems',
    systems(loaded),
    '## What is promised',
    ...(page.delivery ? [`**Delivery ${page.delivery.class}.** ${page.delivery.promise}`] : []),
    table(['', ''], [...page.facts, ...page.limits]),
    '## Look, and steer',
    commands(page.name),
    '## What can fail',
    ...order.flatMap((next) => failing(page.name, next, codes)),
    `---\n${GENERATED} Source: \`${page.file}\`.`,
  ].join('\n\n')}\n`;
}

function systems({ sourceConnection: source, destinationConnection: destination }: LoadedSync): string {
  const row = (name: string, of: (connection: Connection) => string | undefined): string[] => [
    name,
    of(source) ?? '—',
    of(destination) ?? '—',
  ];
  return table(
    ['', 'Source', 'Destination'],
    [
      row('Connection', ({ name, kind }) => `\`${name}\` (${kind})`),
      row('Owner', ({ owner }) => owner),
      row('SLA', ({ sla }) => sla),
      row('Documentation', ({ documentation }) => documentation && `\`${documentation}\``),
      row('API version', ({ apiVersion }) => apiVersion),
      row('Logs in with', ({ auth }) => auth?.kind),
      row('Limits', ({ limits }) => limitWords(limits)),
      row('One call may take', ({ timeoutMs }) => formatDuration(timeoutMs)),
    ],
  );
}

function limitWords({ perSecond, perMinute, perDay, concurrent }: CallLimits): string | undefined {
  const words = [
    perSecond && `${perSecond} a second`,
    perMinute && `${perMinute} a minute`,
    perDay && `${perDay} a day`,
    concurrent && `${concurrent} at once`,
  ].filter(Boolean);
  return words.length === 0 ? undefined : words.join(', ');
}

const commands = (sync: string): string =>
  [
    '```sh',
    `syncline status ${sync}             # what it does, what it waits for and until when, what to press`,
    `syncline run ${sync} --wait         # once, now`,
    `syncline pause ${sync} --note WHY   # and: syncline resume ${sync}`,
    `syncline retry ${sync}              # after something was mended, or to cut a wait short`,
    `syncline cancel ${sync}             # the cursor stays where it was`,
    `syncline quarantine list ${sync}    # records that were set aside`,
    `syncline explain ${sync} KEY        # the life of one record`,
    `syncline reconcile ${sync}          # do the two systems agree?`,
    '```',
  ].join('\n');

/** What a person has to answer comes first. */
const order = ['park', 'stop', 'set-aside', 'retry', 'wait'] as const satisfies readonly NextAction[];

const titles: Readonly<Record<(typeof order)[number], string>> = {
  park: 'A person decides',
  stop: 'The run ends',
  'set-aside': 'A record is set aside',
  retry: 'It mends itself',
  wait: 'It waits as it was told to',
};

function failing(sync: string, next: (typeof order)[number], codes: readonly FailureCode[]): readonly string[] {
  const advice = codes.filter((code) => failures[code].next === next).map((code) => adviceFor(code, sync));
  if (advice.length === 0) return [];
  return [
    `### ${titles[next]}`,
    byItself[next],
    table(
      ['Failure', 'What it means', 'What to do', 'Paste'],
      advice.map(({ code, meaning, todo, commands: paste }) => [
        `\`${code}\``,
        meaning,
        todo,
        paste.map((command) => `\`${command}\``).join(' '),
      ]),
    ),
  ];
}
