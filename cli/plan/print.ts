import type { Plan } from '../../engine/plan/plan.ts';
import type { Json } from '../../model/record/json.ts';
import type { Out } from '../../platform/terminal/out.ts';
import { cutText, safeText } from '../../platform/terminal/text.ts';
import { printDrift } from '../runs/drift.ts';

/** What a run would do, for people. */
export function printPlan(
  out: Out,
  planned: Plan,
  limit: number | undefined,
  delivery: { readonly class: string; readonly promise: string } | null,
): void {
  const { counts, mode, since } = planned;
  const where = mode === 'full' ? 'reads everything' : `reads what changed since ${since}`;
  const part = limit === undefined ? '' : `, of which the first ${limit.toLocaleString('en')} were looked at`;
  out.line(`${out.style.strong(planned.sync)} would run in mode ${mode}: it ${where}${part}. Nothing was written.`);
  if (delivery) out.line(out.style.faint(`${delivery.class}: ${delivery.promise}`));
  out.line();
  out.table(
    [
      { title: 'FETCHED' },
      { title: 'CREATE' },
      { title: 'UPDATE' },
      { title: 'UNCHANGED' },
      { title: 'FILTERED' },
      { title: 'SUPERSEDED' },
      { title: 'REJECT' },
      { title: 'DELETE' },
    ],
    [
      [
        counts.fetched,
        planned.create,
        planned.update,
        counts.unchanged,
        counts.filtered,
        counts.superseded,
        counts.quarantined,
        counts.deleted,
      ].map(number),
    ],
  );
  printSamples(out, planned);
  printRejects(out, planned);
  printDrift(out, planned.drift);
  out.line();
  const { pages, writes } = planned.calls.run;
  out.line(`The run would read ${number(pages)} pages and send ${number(writes)} write requests.`);
  printDeletes(out, planned);
  if (planned.halts.length > 0)
    out.line(
      out.style.bad(
        `It would halt at batch ${planned.halts[0]}: more records are rejected than the policy allows (TOO_MANY_REJECTED).`,
      ),
    );
  if (planned.hash !== null)
    out.line(
      `Do exactly this, or refuse: ${out.style.name(`syncline run ${planned.sync} --plan ${planned.hash} --wait`)}`,
    );
}

function printDeletes(out: Out, { deletes }: Plan): void {
  if (deletes === null || deletes.records === 0) return;
  out.line(`It would delete, such as: ${deletes.keys.map((key) => out.style.name(safeText(key))).join(', ')}.`);
  if (deletes.guard !== null)
    out.line(out.style.doubtful(`Without this plan it would ask before it deletes: ${deletes.guard}.`));
}

function printSamples(out: Out, { samples }: Plan): void {
  if (samples.length === 0) return;
  const rows = samples.flatMap(({ op, key, read, fields }) =>
    fields.map(({ field, before, after }, index) => [
      index === 0 ? op : '',
      index === 0 ? key : '',
      field,
      before === undefined ? (op === 'update' && !read ? '?' : '') : shown(before),
      shown(after),
    ]),
  );
  out.line();
  out.table(
    [
      { title: 'WOULD', paint: out.style.name },
      { title: 'KEY' },
      { title: 'FIELD' },
      { title: 'NOW' },
      { title: 'THEN' },
    ],
    rows,
  );
}

function printRejects(out: Out, { rejects }: Plan): void {
  if (rejects.length === 0) return;
  out.line();
  out.table(
    [{ title: 'REJECT' }, { title: 'CODE' }, { title: 'FIELD' }, { title: 'REASON' }, { title: 'SUCH AS' }],
    rejects.map((group) => [
      number(group.records),
      group.code,
      group.field ?? '',
      group.reason,
      group.samples.map(({ key, record }) => key ?? cutText(safeText(record ?? ''), 40)).join(', '),
    ]),
  );
}

const number = (value: number): string => value.toLocaleString('en');

const shown = (value: Json): string => cutText(safeText(JSON.stringify(value)), 60);
