import { type Advice, adviceFor } from '../../model/failure/advice.ts';
import { type FailureCode, failures } from '../../model/failure/failure.ts';
import { type NoticeKind, notices } from '../../model/sync/notice.ts';
import { OF_FAILURES } from './generated.ts';

const head = `# Failures

${OF_FAILURES} The code says first what happens next; it is the same in the terminal, in \`--json\`,
in the details of a run in the Temporal UI and in the ledger. Codes are never renamed.

| next | what it means |
|---|---|
| retry | The engine tries again by itself, with growing pauses. When they have gone on for as long as \`giveUpAfter\` of the policy says (24 hours by default), the run is parked. |
| wait | The engine waits until the time that the system named, and goes on by itself. It does not count as a failure. |
| set-aside | Only this record goes to quarantine; the others flow on. |
| park | The run waits for a person. Nothing is lost meanwhile. \`syncline status SYNC\` says why; \`syncline retry SYNC\`, or the signal \`retry\` in the Temporal UI, goes on where it stopped. |
| stop | The run ends as failed. The cursor stays where it was. |
| refuse | Somebody asked for something, and nothing was done of it. No run is concerned. |

A failure at a system says at which side of the sync it happened, and at which connection: \`at the source shop\`.
In the commands, SYNC is the name of the sync.
`;

/** `docs/failures.md`: a section for every code, from the words that the engine itself uses. */
export const failuresPage = (): string =>
  [
    head,
    ...codes().map((code) => section(adviceFor(code))),
    noticesHead,
    ...Object.entries(notices).map(noticeRow),
    '',
  ].join('\n');

const noticesHead = `## Notices

What a run found odd without failing of it. A run with a notice whose outcome is \`partial\` does not read as \`succeeded\`. The report of
a run and \`syncline status SYNC\` show them, at length the first time; with \`--json\` they are \`notices\`.

| code | outcome | what it means | what to do |
|---|---|---|---|`;

const noticeRow = ([code, { outcome, meaning, todo }]: [string, NoticeKind]): string =>
  `| \`${code}\` | ${outcome} | ${meaning} | ${todo} |`;

const codes = (): readonly FailureCode[] =>
  Object.keys(failures).filter((code): code is FailureCode => code in failures);

const section = ({ code, next, meaning, causes, byItself, todo, commands }: Advice): string => `## ${code}

${meaning}

- **Next:** ${next}. ${byItself}
- **Likely causes:** ${causes}
- **What to do:** ${todo}

\`\`\`sh
${commands.join('\n')}
\`\`\`
`;
