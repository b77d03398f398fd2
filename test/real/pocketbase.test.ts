import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { findPocketBase, type PocketBase, startPocketBase } from '../support/pocketbase.ts';
import { type RealProject, startRealProject } from '../support/real-project.ts';
import { describeUnless } from '../support/skip.ts';

const found = await findPocketBase();
const minute = 60_000;

const text = (name: string, required = false) => ({ name, type: 'text', required });
const number = (name: string) => ({ name, type: 'number' });

const ticketCount = 230;

describeUnless('missing' in found ? found.missing : null, 'a real PocketBase', () => {
  let pocketbase: PocketBase;
  let folder: string;
  let project: RealProject;

  beforeAll(async () => {
    if ('missing' in found) return;
    pocketbase = await startPocketBase(found.file);
    folder = await mkdtemp(path.join(os.tmpdir(), 'syncline-exchange-'));
    await createCollections(pocketbase);
    for (let index = 1; index <= ticketCount; index += 1)
      await pocketbase.call('POST', '/api/collections/tickets/records', ticket(index));
    project = await startRealProject('pocketbase', {
      POCKETBASE_URL: pocketbase.url,
      POCKETBASE_EMAIL: pocketbase.email,
      POCKETBASE_PASSWORD: pocketbase.password,
      EXCHANGE_FOLDER: folder,
    });
  }, 2 * minute);

  afterAll(async () => {
    await project?.stop();
    await pocketbase?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  describe('read through its own login, pages and filter', () => {
    let first: Awaited<ReturnType<RealProject['run']>>;
    beforeAll(async () => {
      first = await project.run('tickets');
    }, minute);

    it('gives every ticket', () => {
      expect(first.document).toMatchObject({
        status: 'succeeded',
        counts: { fetched: ticketCount, delivered: ticketCount, quarantined: 0 },
        reconciled: { checked: ticketCount, missing: 0, different: 0 },
      });
      expect(first.exitCode).toBe(0);
    });

    it('gives none the second time', async () => {
      const second = await project.run('tickets');
      expect(second.document).toMatchObject({ status: 'succeeded', counts: { delivered: 0, quarantined: 0 } });
    });

    it('leaves in the warehouse what PocketBase holds, with empty texts and dates as nulls', async () => {
      const rows = await project.query(
        `SELECT id, title, priority, hours::float8 AS hours, open,
                to_char(due AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.MS"Z"') AS due FROM tickets ORDER BY id`,
      );
      const expected = (await pocketbase.records('tickets')).map(({ id, title, priority, hours, open, due }) => ({
        id,
        title,
        priority: priority === '' ? null : priority,
        hours,
        open,
        due: due === '' ? null : due,
      }));
      expect(rows).toEqual(expected);
      expect(expected.filter(({ due }) => due === null)).toHaveLength(ticketCount / 2);
    });

    it('gives a ticket that changed and one that is new, and those alone', async () => {
      const [changed] = await pocketbase.records('tickets');
      await pocketbase.call('PATCH', `/api/collections/tickets/records/${changed?.['id']}`, { hours: 99.25 });
      await pocketbase.call('POST', '/api/collections/tickets/records', ticket(ticketCount + 1));
      const { document } = await project.run('tickets');
      expect(document).toMatchObject({ status: 'succeeded', counts: { delivered: 2, quarantined: 0 } });
      const [row] = await project.query(
        `SELECT count(*)::int AS tickets, count(*) FILTER (WHERE hours = 99.25)::int AS changed FROM tickets`,
      );
      expect(row).toEqual({ tickets: ticketCount + 1, changed: 1 });
    });
  });

  // Each test writes contacts with numbers of its own letter; those of the others stay as they are.
  describe('written to from a CSV file', () => {
    const contacts = async (letter: string) =>
      (await pocketbase.records('contacts')).filter(({ number }) => String(number).startsWith(letter));

    it('gets every contact once, whether the file is sent once or twice', async () => {
      await writeContacts(folder, 'A', 120);
      const first = await project.run('contacts');
      expect(first.document).toMatchObject({
        status: 'succeeded',
        counts: { fetched: 120, delivered: 120, quarantined: 0 },
        reconciled: { checked: 120, missing: 0, different: 0 },
      });
      const second = await project.run('contacts');
      expect(second.document.counts).toMatchObject({ fetched: 120, delivered: 0, unchanged: 120 });
      const there = await contacts('A');
      expect(there).toHaveLength(120);
      expect(there.find(({ number }) => number === 'A007')).toMatchObject({
        name: 'Jane "J" Doe, No. 7',
        email: 'a007@example.com',
        points: 70,
      });
    });

    it(
      'gets every contact once although the worker is killed in the middle',
      async () => {
        await writeContacts(folder, 'B', 600);
        const run = project.run('contacts');
        await until(async () => (await contacts('B')).length > 50);
        await project.replaceWorker();
        const { document } = await run;
        expect(document).toMatchObject({ status: 'succeeded', counts: { fetched: 600, delivered: 600 } });
        const numbers = (await contacts('B')).map(({ number }) => number);
        expect(numbers).toHaveLength(600);
        expect(new Set(numbers).size).toBe(600);
      },
      2 * minute,
    );

    it('changes a contact in place and adds a new one', async () => {
      await writeContacts(folder, 'C', 5);
      await project.run('contacts');
      const before = (await contacts('C')).find(({ number }) => number === 'C003');
      await writeContacts(folder, 'C', 6, { C003: ['C003', 'Renamed', 'c003@example.com', '3'] });
      const { document } = await project.run('contacts');
      expect(document.counts).toMatchObject({ delivered: 2, unchanged: 4, quarantined: 0 });
      const after = await contacts('C');
      expect(after).toHaveLength(6);
      const renamed = after.find(({ number }) => number === 'C003');
      expect(renamed).toMatchObject({ id: before?.['id'], name: 'Renamed', points: 3 });
    });

    it('is spared a contact with a wrong address, which is set aside with its field', async () => {
      await writeContacts(folder, 'D', 4, { D004: ['D004', 'Four', 'no address', '4'] });
      const { exitCode, document } = await project.run('contacts');
      expect(document).toMatchObject({ status: 'partial', counts: { delivered: 3, quarantined: 1 } });
      expect(exitCode).toBe(4);
      expect(document.quarantine).toMatchObject([{ code: 'DESTINATION_SCHEMA', field: 'email', records: 1 }]);
    });
  });
});

async function until(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) await sleep(20);
}

/** Without a unique index on the contact's number: nothing but the engine stands between it and a double. */
async function createCollections(pocketbase: PocketBase): Promise<void> {
  await pocketbase.call('POST', '/api/collections', {
    name: 'tickets',
    type: 'base',
    fields: [
      text('title', true),
      { name: 'priority', type: 'select', values: ['low', 'high'], maxSelect: 1 },
      number('hours'),
      { name: 'open', type: 'bool' },
      { name: 'due', type: 'date' },
      { name: 'created', type: 'autodate', onCreate: true },
      { name: 'updated', type: 'autodate', onCreate: true, onUpdate: true },
    ],
  });
  await pocketbase.call('POST', '/api/collections', {
    name: 'contacts',
    type: 'base',
    fields: [text('number', true), text('name'), { name: 'email', type: 'email' }, number('points')],
  });
}

const ticket = (index: number) => ({
  title: `Ticket ${index}: ${index % 9 === 0 ? 'Größe "L" – 5 € ≠ £' : 'printer is on fire'}`,
  priority: index % 3 === 0 ? '' : index % 3 === 1 ? 'low' : 'high',
  hours: index / 4,
  open: index % 2 === 1,
  due: index % 2 === 0 ? '' : `2026-0${(index % 9) + 1}-15 12:00:00.000Z`,
});

async function writeContacts(
  folder: string,
  letter: string,
  count: number,
  instead: Record<string, string[]> = {},
): Promise<void> {
  const rows = Array.from({ length: count }, (_, index) => {
    const code = `${letter}${String(index + 1).padStart(3, '0')}`;
    const email = index % 5 === 0 ? '' : ` ${code}@Example.com`;
    return (
      instead[code] ?? [code, `Jane "J"  Doe, No. ${index + 1}`, email, index % 4 === 0 ? '' : String((index + 1) * 10)]
    );
  });
  const csv = [['number', 'name', 'email', 'points'], ...rows]
    .map((row) => row.map((field) => `"${field.replaceAll('"', '""')}"`).join(','))
    .join('\r\n');
  await writeFile(path.join(folder, 'contacts.csv'), `${csv}\r\n`);
}
