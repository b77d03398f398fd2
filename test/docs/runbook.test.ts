import { adviceLines } from '../../cli/runs/advice-lines.ts';
import { canFail } from '../../operations/docs/can-fail.ts';
import { pageOf } from '../../operations/docs/page.ts';
import { runbookMarkdown } from '../../operations/docs/runbook.ts';
import { deliveryClassOf } from '../../project/delivery.ts';
import { loadProject } from '../../project/load.ts';

test('the runbook of a sync says whom to call, what is promised, what can fail and what to paste', async () => {
  const project = await loadProject('.', {});
  const loaded = project.syncs.get('orders-to-invoices');
  if (!loaded) throw new Error('the demo has lost its sync');
  const text = runbookMarkdown(pageOf(loaded, deliveryClassOf(loaded)), loaded);
  for (const line of [
    '| Connection | `shop` (rest) | `books` (rest) |',
    '| Owner | Web team | Finance |',
    '| SLA | 99.9 %, working hours | 99.5 % |',
    '| Logs in with | bearer | bearer |',
    '| Limits | 10 a second, 2 at once | 50 a second, 4 at once |',
    '**Delivery T2.**',
    'syncline retry orders-to-invoices',
    '### A person decides',
    '| `AUTH_REJECTED` | The system did not accept the credentials (401). |',
  ])
    expect(text).toContain(line);
  expect(text).not.toMatch(/\bSYNC\b|SHOP_TOKEN/);
  // Rows keep their cells, whatever the words hold.
  for (const row of text.split('\n').filter((line) => line.startsWith('| `')))
    expect(row.replaceAll('\\|', '').split('|')).toHaveLength(6);
  const codes = canFail(loaded, 'T2');
  expect(codes).toEqual(expect.arrayContaining(['AUTH_REJECTED', 'RATE_LIMITED', 'SOURCE_SCHEMA']));
  for (const code of ['SQL_REJECTED', 'FILE_MALFORMED', 'DELETE_GUARD', 'OUTCOME_UNKNOWN', 'STACK_FAILED'])
    expect(codes).not.toContain(code);
  expect(canFail({ ...loaded, sync: { ...loaded.sync, deletes: 'delete' } }, 'T5')).toEqual(
    expect.arrayContaining(['DELETE_GUARD', 'OUTCOME_UNKNOWN']),
  );
});

test('the advice in the terminal has the name of the sync in its commands', () => {
  const lines = adviceLines('AUTH_REJECTED', 'orders').join('\n');
  expect(lines).toContain('`syncline retry orders`');
  expect(lines).toContain('Likely causes: ');
});
