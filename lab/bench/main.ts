import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { createProgress } from '../../platform/foundation/progress.ts';
import { measureFirstStart } from './first-start.ts';
import { coresInUse, pageOf } from './page.ts';
import { type CaseResult, resultOf } from './report.ts';
import { type CaseName, caseNames, type Measured, round } from './rounds.ts';
import { openTestbed } from './testbed.ts';

/**
 * Syncline against a program written by hand that promises nothing (lab/bench/limit), in one run, alternately, medians.
 * npm run bench [-- --records 200000 --rounds 3 --case full-postgres --json]; `--case first-start` stands for itself.
 */
const { values } = parseArgs({
  options: {
    records: { type: 'string', default: '200000' },
    rounds: { type: 'string', default: '3' },
    case: { type: 'string', multiple: true },
    'latency-ms': { type: 'string', default: '0' },
    // Without the journal of calls: what it costs is the difference.
    'no-journal': { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    // Also writes the page of results there.
    report: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});

if (values.help) {
  process.stdout.write(`npm run bench [-- OPTIONS]
  --records N      orders of the source (200000)
  --rounds N       the median of so many (3)
  --case NAME      only this case, repeatable: ${caseNames.join(', ')};
                   first-start stands for itself: until the first record, where nothing has ever run
  --latency-ms N   of source and HTTP destination (0)
  --no-journal     without the journal of calls
  --json           one JSON document
  --report FILE    also writes the page of results there
`);
  process.exit(0);
}

if (values.case?.includes('first-start')) {
  process.stdout.write(`${JSON.stringify({ firstStart: await measureFirstStart(10_000) }, null, 2)}\n`);
  process.exit(0);
}

const records = Number(values.records);
const rounds = Number(values.rounds);
const wanted = new Set(wantedCases());
const latencyMs = Number(values['latency-ms']);
const journal = !values['no-journal'];
const coresUsedBefore = await coresInUse();
const progress = createProgress(process.stderr);
const testbed = await openTestbed({ records, rounds, latencyMs, journal }, progress);
try {
  const measured: Measured[] = [];
  for (let number = 1; number <= rounds; number++) {
    await progress.step(`Round ${number} of ${rounds}`, async (tell) => {
      for await (const one of round(testbed, number, records, wanted)) {
        measured.push(one);
        tell({ detail: `${one.case}: ${one.sync.seconds.toFixed(2)} s, the limit ${one.limit.seconds.toFixed(2)} s` });
      }
    });
  }
  const results = caseNames.flatMap((name): CaseResult[] => {
    const result = resultOf(
      name,
      measured.filter((one) => one.case === name),
    );
    return result ? [result] : [];
  });
  const ledger = await ledgerBytes();
  const { rows } = await testbed.ledger.pool.query<{ server_version: string }>('show server_version');
  const postgres = rows[0]?.server_version.split(' ')[0] ?? '';
  const page = pageOf({ records, rounds, latencyMs, journal, postgres, coresUsedBefore, results, ...ledger });
  if (values.report !== undefined) await writeFile(values.report, page);
  process.stdout.write(
    values.json ? `${JSON.stringify({ records, rounds, cases: results, ...ledger }, null, 2)}\n` : page,
  );
} finally {
  await testbed.close();
}

function wantedCases(): readonly CaseName[] {
  if (values.case === undefined) return caseNames;
  return values.case.map((name) => {
    const known = caseNames.find((one) => one === name);
    if (known === undefined) throw new Error(`no case \`${name}\`; there are ${caseNames.join(', ')}`);
    return known;
  });
}

async function ledgerBytes(): Promise<{ ledgerBytesPerRecord: number; stagedRows: number }> {
  const { rows } = await testbed.ledger.pool.query<{ bytes: string; records: string; staged: string }>(
    `select pg_total_relation_size('ledger') as bytes, (select count(*) from ledger) as records,
       (select count(*) from staged) as staged`,
  );
  const [row] = rows;
  return {
    ledgerBytesPerRecord: Math.round(Number(row?.bytes ?? 0) / Math.max(1, Number(row?.records ?? 0))),
    stagedRows: Number(row?.staged ?? 0),
  };
}
