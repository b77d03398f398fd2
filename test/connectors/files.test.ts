import { randomUUID } from 'node:crypto';
import { appendFile, readdir, readFile, rename, rm, stat, symlink, unlink, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { files } from '../../connectors/files/index.ts';
import type { Destination, ItemOutcome, Page, Position, Source, WriteItem } from '../../model/connector/connector.ts';
import { isUncommon } from '../../model/record/exact-marks.ts';
import type { Json } from '../../model/record/json.ts';
import { ownMark } from '../../platform/foundation/process-identity.ts';
import { filesConnection, folderTools, withFolder } from '../support/files-system.ts';
import { describeUnless } from '../support/skip.ts';
import { whyNoSmallDisk, withSmallDisk } from '../support/small-disk.ts';

const { connector } = files;
type SourceInput = Parameters<typeof files.source>[1];
type DestinationInput = Parameters<typeof files.destination>[1];
const connectionWith = (settings: { shared?: boolean; links?: 'inside' | 'anywhere' }) => ({
  ...filesConnection(),
  settings: connector.settings.parse({ folder: '.', ...settings }),
});
const connection = connectionWith({});

const openSource = (folder: string, options: Partial<SourceInput> = {}): Source =>
  connector.source.open(
    connection,
    connector.source.options.parse({ path: 'in.csv', format: 'csv', settleMs: 0, ...options }),
    folderTools(folder),
  );
const openDestination = (folder: string, options: Partial<DestinationInput> = {}): Destination =>
  connector.destination.open(
    connection,
    connector.destination.options.parse({ path: 'out.jsonl', format: 'jsonl', key: 'id', ...options }),
    folderTools(folder),
  );

const never = new AbortController().signal;
async function read(source: Source, position: Position | null = null): Promise<Page[]> {
  const pages: Page[] = [];
  for await (const page of source.read({ position, since: null, signal: never })) pages.push(page);
  return pages;
}
const recordsOf = async (source: Source, position: Position | null = null): Promise<Json[]> =>
  (await read(source, position)).flatMap(({ records }) => records);
const readText = (text: string | Buffer, options: Partial<SourceInput> = {}): Promise<Json[]> =>
  withFolder(async (folder) => {
    await writeFile(path.join(folder, options.path ?? 'in.csv'), text);
    return recordsOf(openSource(folder, options));
  });
const jsonl = { path: 'in.jsonl', format: 'jsonl' } as const;

/** Bytes that windows-1252 has no character for. */
const gaps = [0x81, 0x8d, 0x8f, 0x90, 0x9d];

describe('CSV files as a source', () => {
  test('are read with byte order mark, quotes, line breaks in fields, CRLF and blank lines', async () => {
    const text = '\ufeffid,"näme"\r\n1,"a ""b"", c\r\nd"\r\n\r\n2,\n3,ü';
    expect(await readText(text)).toEqual([
      { id: '1', näme: 'a "b", c\r\nd' },
      { id: '2', näme: '' },
      { id: '3', näme: 'ü' },
    ]);
  });

  test('may have another delimiter, quote and encoding, or no header', async () => {
    const latin = Buffer.from("1;'ä;b'\n", 'latin1');
    const options: Partial<SourceInput> = { delimiter: ';', quote: "'", encoding: 'latin1', columns: ['id', 'name'] };
    expect(await readText(latin, options)).toEqual([{ id: '1', name: 'ä;b' }]);
    const wide = Buffer.from('\ufeffid,name\n1,ä\n', 'utf16le');
    expect(await readText(wide, { encoding: 'utf-16le' })).toEqual([{ id: '1', name: 'ä' }]);
  });

  test('may end their rows with CR alone, and tell the place after a resumed read', () =>
    withFolder(async (folder) => {
      const text = 'id,"na\r\nme"\r1,Ada\r\r2,"B\rob"\r3,Cy\r';
      const expected = [
        { id: '1', 'na\r\nme': 'Ada' },
        { id: '2', 'na\r\nme': 'B\rob' },
        { id: '3', 'na\r\nme': 'Cy' },
      ];
      await writeFile(path.join(folder, 'in.csv'), text);
      const source = openSource(folder, { pageRecords: 1 });
      const pages = await read(source);
      expect(pages.flatMap(({ records }) => records)).toEqual(expected);
      expect(await recordsOf(source, pages[0]?.next)).toEqual(expected.slice(1));
      await writeFile(path.join(folder, 'in.csv'), `${text}4\r`);
      await expect(read(source)).rejects.toMatchObject({ code: 'FILE_MALFORMED' });
    }));

  test('in windows-1252 are read as such, where the sync says so; latin1 has none of its characters from 80 to 9F', async () => {
    const rows = Array.from({ length: 32 }, (_, index) => 0x80 + index).filter((byte) => !gaps.includes(byte));
    const bytes = Buffer.concat([
      Buffer.from('id,name\n'),
      ...rows.map((byte) => Buffer.from([0x31, 0x2c, byte, 0x0a])),
    ]);
    const names = '€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ';
    expect(await readText(bytes, { encoding: 'windows-1252' })).toEqual([...names].map((name) => ({ id: '1', name })));
    await expect(readText(bytes, { encoding: 'latin1' })).rejects.toMatchObject({
      code: 'FILE_MALFORMED',
      message: expect.stringMatching(/^in\.csv:2:2: .*windows-1252/),
    });
    for (const byte of gaps) {
      const one = Buffer.concat([Buffer.from('id\n'), Buffer.from([byte])]);
      await expect(readText(one, { encoding: 'windows-1252' })).rejects.toMatchObject({ code: 'FILE_MALFORMED' });
    }
    const line = Buffer.concat([Buffer.from('{"id":"'), Buffer.from([0x80, 0xe4]), Buffer.from('"}\n')]);
    expect(await readText(line, { ...jsonl, encoding: 'windows-1252' })).toEqual([{ id: '€ä' }]);
    await expect(readText(line, { ...jsonl, encoding: 'latin1' })).rejects.toMatchObject({
      message: expect.stringMatching(/^in\.jsonl:1: .*windows-1252/),
    });
  });

  test.each([
    ['UTF-16', Buffer.from('\ufeffid\n1\n', 'utf16le'), 'utf-8', 'utf-16le'],
    ['UTF-16 with the high byte first', Buffer.from('\ufeffid\n1\n', 'utf16le').swap16(), 'utf-8', 'UTF-8'],
    ['UTF-8', Buffer.from('\ufeffid\nä\n'), 'windows-1252', 'utf-8'],
    ['UTF-8', Buffer.from('\ufeffid\nä\n'), 'utf-16le', 'utf-8'],
  ] as const)('that begin as %s are refused where the sync says %3$s', async (_name, bytes, encoding, todo) => {
    const failure = { code: 'FILE_MALFORMED', message: expect.stringContaining(todo) };
    await expect(readText(bytes, { encoding })).rejects.toMatchObject(failure);
    await expect(readText(bytes, { ...jsonl, encoding })).rejects.toMatchObject(failure);
  });

  test('with another delimiter than a comma are refused where none is stated, and it is named', async () => {
    for (const [delimiter, written] of [
      [';', ';'],
      ['\t', '\\t'],
      ['|', '|'],
    ]) {
      const text = `id${delimiter}name\n1${delimiter}a\n`;
      await expect(readText(text)).rejects.toMatchObject({
        code: 'FILE_MALFORMED',
        message: expect.stringContaining(`\`delimiter: '${written}'\``),
      });
      expect(await readText(text, { delimiter: delimiter ?? '' })).toEqual([{ id: '1', name: 'a' }]);
    }
    expect(await readText('a;b\nx\n')).toEqual([{ 'a;b': 'x' }]);
    expect(await readText('a;b\nx;y\n', { delimiter: ',' })).toEqual([{ 'a;b': 'x;y' }]);
  });

  test('keep columns whose names every object has, or that differ by a space or case only', async () => {
    const [record] = await readText('__proto__,constructor,Name, name\n1,2,3,4\n');
    expect(isUncommon(record)).toBe(true);
    expect(Object.entries(record ?? {})).toEqual([
      ['__proto__', '1'],
      ['constructor', '2'],
      ['Name', '3'],
      [' name', '4'],
    ]);
  });

  test.each([
    ['', 'in.csv is empty'],
    ['\n\r\n\n', 'in.csv has 4 bytes and no record'],
    ['id,name\n', 'in.csv has 8 bytes and no record'],
  ])('without a record say so: %j', (text, detail) =>
    withFolder(async (folder) => {
      await writeFile(path.join(folder, 'in.csv'), text);
      const [page] = await read(openSource(folder));
      expect(page).toMatchObject({ records: [], next: null, notices: [{ code: 'FILE_WITHOUT_RECORDS', detail }] });
    }),
  );

  test('are told apart by name where one of many has no record', () =>
    withFolder(async (folder) => {
      for (const [name, text] of [
        ['a', 'id\n1\n'],
        ['b', ''],
        ['c', 'id\n2\n3\n'],
      ])
        await writeFile(path.join(folder, `in-${name}.csv`), text ?? '');
      const pages = await read(openSource(folder, { path: 'in-*.csv', pageRecords: 2 }));
      const told = pages.flatMap(({ notices = [] }) => notices.map(({ subject }) => subject));
      expect(told).toEqual(['in-b.csv']);
    }));

  test.each([
    ['a row with too many fields', 'id,name\n1,a\n2,secret,x\n', 'in.csv:3:3'],
    ['a row with too few fields', 'id,name\n1,a\n2\n', 'in.csv:3:2'],
    ['a quote that is never closed', 'id,name\n1,a\n2,"secret\n3,c\n', 'in.csv:4:2'],
    ['text after a closing quote', 'id,name\n1,"secret"x\n', 'in.csv:2:2'],
    ['a quote inside a plain field', 'id,name\n1,secret"x"\n', 'in.csv:2:2'],
    ['a column name that stands twice', 'id,name,id\n1,a,2\n', 'in.csv:1:3'],
    ['a column without a name', 'id,\n1,a\n', 'in.csv:1:2'],
  ])('with %s are refused at its place, in words without data', async (_name, text, place) => {
    const failure = { code: 'FILE_MALFORMED', message: expect.stringContaining(`${place}:`) };
    await expect(readText(text)).rejects.toMatchObject(failure);
    await expect(readText(text)).rejects.not.toMatchObject({ message: expect.stringContaining('secret') });
  });

  test('with bytes that are not UTF-8 are refused, never read with replacements', async () => {
    const text = Buffer.concat([Buffer.from('id,name\n1,'), Buffer.from([0xff, 0xfe]), Buffer.from('\n')]);
    await expect(readText(text)).rejects.toMatchObject({ code: 'FILE_MALFORMED' });
    const line = Buffer.concat([Buffer.from('{"id":1}\n{"id":"'), Buffer.from([0xc3]), Buffer.from('"}\n')]);
    await expect(readText(line, jsonl)).rejects.toMatchObject({
      code: 'FILE_MALFORMED',
      message: expect.stringContaining('in.jsonl:2'),
    });
  });

  test('tell the true line when reading has been resumed', () =>
    withFolder(async (folder) => {
      await writeFile(path.join(folder, 'in.csv'), 'id,name\n1,a\n2,b\n3,c\n4,d\n5,"e\n6,f\n7\n');
      const source = openSource(folder, { pageRecords: 2 });
      const first = await source.read({ position: null, since: null, signal: never })[Symbol.asyncIterator]().next();
      await expect(read(source, first.value?.next)).rejects.toMatchObject({
        message: expect.stringContaining('in.csv:8'),
      });
    }));

  test('are read to the same records from any position, however the pages fall', () =>
    withFolder(async (folder) => {
      const cell = fc.stringMatching(/^[a-z",;\n\r äé'=]{0,12}$/);
      await fc.assert(
        fc.asyncProperty(
          fc.array(fc.tuple(cell, cell), { maxLength: 20 }),
          fc.integer({ min: 1, max: 5 }),
          async (rows, pageRecords) => {
            const text = rows.map(([a, b], id) => `${id},"${a.replaceAll('"', '""')}","${b.replaceAll('"', '""')}"\n`);
            await writeFile(path.join(folder, 'in.csv'), `id,a,b\n${text.join('')}`);
            const source = openSource(folder, { pageRecords });
            const expected = rows.map(([a, b], id) => ({ id: String(id), a, b }));
            const pages = await read(source);
            expect(pages.flatMap(({ records }) => records)).toEqual(expected);
            for (const [index, { next }] of pages.entries())
              if (next !== null)
                expect(await recordsOf(source, next)).toEqual(expected.slice((index + 1) * pageRecords));
          },
        ),
        { numRuns: 40 },
      );
    }));
});

describe('JSON Lines files as a source', () => {
  test('skip blank lines and a byte order mark, and keep long numbers', async () => {
    const text = '\ufeff{"id":1}\r\n\n  \n{"id":12345678901234567890}';
    expect(await readText(text, jsonl)).toEqual([{ id: 1 }, { id: '12345678901234567890' }]);
  });

  test('name the line that is not JSON', async () => {
    const failure = { code: 'FILE_MALFORMED', message: expect.stringContaining('in.jsonl:3:') };
    await expect(readText('{"id":1}\n\n{"id":"secret\n{}\n', jsonl)).rejects.toMatchObject(failure);
  });

  test('wait when the last line is cut off, and go on when it is complete', () =>
    withFolder(async (folder) => {
      const file = path.join(folder, 'in.jsonl');
      await writeFile(file, '{"id":1}\n{"id":');
      await expect(read(openSource(folder, jsonl))).rejects.toMatchObject({ code: 'SOURCE_INCOMPLETE' });
      await appendFile(file, '2}\n');
      expect(await recordsOf(openSource(folder, jsonl))).toEqual([{ id: 1 }, { id: 2 }]);
    }));
});

describe('files as a source', () => {
  const lines = (from: number, to: number): string =>
    Array.from({ length: to - from }, (_, index) => `{"id":${from + index}}\n`).join('');

  test('of a pattern are read in the order of their names, hidden ones left out', () =>
    withFolder(async (folder) => {
      for (const [name, text] of Object.entries({
        'o-2.jsonl': lines(3, 5),
        'o-1.jsonl': lines(1, 3),
        '.o-0.jsonl': lines(90, 91),
        'p-1.jsonl': lines(80, 81),
        'o-3.jsonl': '',
      }))
        await writeFile(path.join(folder, name), text);
      const source = openSource(folder, { path: 'o-*.jsonl', format: 'jsonl', pageRecords: 1 });
      const pages = await read(source);
      expect(pages.flatMap(({ records }) => records)).toEqual([1, 2, 3, 4].map((id) => ({ id })));
      expect(await recordsOf(source, pages[1]?.next)).toEqual([{ id: 3 }, { id: 4 }]);
    }));

  test('replaced while they were read are refused with the reason', () =>
    withFolder(async (folder) => {
      const file = path.join(folder, 'in.jsonl');
      await writeFile(file, lines(1, 20));
      const source = openSource(folder, { ...jsonl, pageRecords: 5 });
      const [first] = await read(source);
      for (const other of [lines(101, 120), lines(1, 3)]) {
        await writeFile(`${file}.tmp`, other);
        await rename(`${file}.tmp`, file);
        await expect(read(source, first?.next)).rejects.toMatchObject({
          code: 'FILE_MALFORMED',
          message: expect.stringContaining('replaced'),
        });
      }
      await unlink(file);
      await expect(read(source, first?.next)).rejects.toMatchObject({ code: 'FILE_UNREADABLE' });
    }));

  test('that only grew are read on', () =>
    withFolder(async (folder) => {
      await writeFile(path.join(folder, 'in.jsonl'), lines(1, 8));
      const source = openSource(folder, { ...jsonl, pageRecords: 5 });
      const [first] = await read(source);
      await appendFile(path.join(folder, 'in.jsonl'), lines(8, 12));
      expect(await recordsOf(source, first?.next)).toEqual([6, 7, 8, 9, 10, 11].map((id) => ({ id })));
    }));

  test('that grow while they are read are not taken for complete', () =>
    withFolder(async (folder) => {
      await writeFile(path.join(folder, 'in.jsonl'), lines(1, 8));
      const work = (async () => {
        for await (const _page of openSource(folder, { ...jsonl, pageRecords: 2 }).read({
          position: null,
          since: null,
          signal: never,
        }))
          await appendFile(path.join(folder, 'in.jsonl'), lines(8, 9));
      })();
      await expect(work).rejects.toMatchObject({ code: 'SOURCE_INCOMPLETE' });
    }));

  test('that are missing are named; paths outside the folder are refused', async () => {
    await withFolder(async (folder) => {
      await expect(read(openSource(folder))).rejects.toMatchObject({
        code: 'FILE_UNREADABLE',
        message: expect.stringContaining('in.csv does not exist'),
      });
    });
    for (const bad of ['../x.csv', '/etc/passwd', 'a/../../b.csv', 'C:\\x.csv'])
      expect(connector.source.options.safeParse({ path: bad, format: 'csv' }).success).toBe(false);
  });
});

const upsert = (record: { readonly [name: string]: Json }, key = 'k'): WriteItem => ({
  key,
  op: 'upsert',
  json: JSON.stringify(record),
  destinationId: null,
});
const remove = (destinationId: string): WriteItem => ({ key: 'k', op: 'delete', json: '', destinationId });
const write = (destination: Destination, items: readonly WriteItem[], number = 1): Promise<readonly ItemOutcome[]> =>
  destination.write({ id: 'r', fence: { sync: 's', number }, items, signal: never });
const csv: Partial<DestinationInput> = { path: 'out.csv', format: 'csv', columns: ['id', 'name', 'more'] };

describe('files as a destination', () => {
  test('hold one record for each key, in the order of arrival, changed and deleted by key', () =>
    withFolder(async (folder) => {
      const destination = openDestination(folder);
      await write(destination, [upsert({ id: 1, n: 'a' }), upsert({ id: 2, n: 'b' }), upsert({ id: 3, n: 'c' })]);
      const outcomes = await write(destination, [
        upsert({ id: 2, n: 'B' }),
        remove('1'),
        upsert({ id: 4 }),
        remove('9'),
      ]);
      expect(outcomes).toEqual(['2', '1', '4', '9'].map((id) => ({ state: 'confirmed', id })));
      expect(await readFile(path.join(folder, 'out.jsonl'), 'utf8')).toBe(
        '{"id":2,"n":"B"}\n{"id":3,"n":"c"}\n{"id":4}\n',
      );
    }));

  test('end the same whatever the order of repeats, as the last word for each key', () =>
    withFolder(async (folder) => {
      const step = fc.record({
        id: fc.integer({ min: 0, max: 5 }),
        name: fc.option(fc.string({ maxLength: 8 }), { nil: null }),
      });
      await fc.assert(
        fc.asyncProperty(fc.array(fc.array(step, { maxLength: 6 }), { maxLength: 5 }), async (batches) => {
          await rm(path.join(folder, 'out.csv'), { force: true });
          const destination = openDestination(folder, csv);
          const expected = new Map<string, string>();
          for (const batch of batches) {
            const items = batch.map(({ id, name }) => (name === null ? remove(String(id)) : upsert({ id, name })));
            const outcomes = await write(destination, items);
            await write(destination, items);
            for (const [index, { id, name }] of batch.entries()) {
              if (outcomes[index]?.state !== 'confirmed') continue;
              if (name === null) expected.delete(String(id));
              else expected.set(String(id), name);
            }
          }
          const found = await destination.read?.(['0', '1', '2', '3', '4', '5'], never);
          expect(
            new Map([...(found ?? [])].map(([id, { record }]) => [id, Reflect.get(Object(record), 'name')])),
          ).toEqual(expected);
        }),
        { numRuns: 40 },
      );
    }));

  test('are seen by readers whole or not at all, and leave nothing beside them', () =>
    withFolder(async (folder) => {
      const destination = openDestination(folder);
      const file = path.join(folder, 'out.jsonl');
      const batch = (mark: string) =>
        Array.from({ length: 3_000 }, (_, id) => upsert({ id, mark, pad: 'x'.repeat(50) }));
      await write(destination, batch('first'));
      let done = false;
      const writing = write(destination, batch('second')).finally(() => {
        done = true;
      });
      const seen = new Set<string>();
      while (!done) {
        const text = await readFile(file, 'utf8');
        seen.add(
          [...new Set([...text.matchAll(/"mark":"(\w+)"/g)].map(([, mark]) => mark))].join('+') +
            text.split('\n').length,
        );
      }
      await writing;
      expect([...seen].filter((state) => !['first3001', 'second3001'].includes(state))).toEqual([]);
      expect((await readdir(folder)).sort()).toEqual(['.out.jsonl.fence', 'out.jsonl']);
    }));

  test('keep what they held when the new content cannot be made', () =>
    withFolder(async (folder) => {
      const file = path.join(folder, 'out.jsonl');
      await writeFile(file, '{"id":1}\nnot JSON\n');
      await expect(write(openDestination(folder), [upsert({ id: 2 })])).rejects.toMatchObject({
        code: 'FILE_MALFORMED',
        effect: 'none',
        message: expect.stringContaining('out.jsonl:2'),
      });
      expect(await readFile(file, 'utf8')).toBe('{"id":1}\nnot JSON\n');
    }));

  test('refuse a writer that was replaced, and one that comes while another writes', () =>
    withFolder(async (folder) => {
      const destination = openDestination(folder);
      await write(destination, [upsert({ id: 1 })], 5);
      await expect(write(destination, [upsert({ id: 2 })], 4)).rejects.toMatchObject({
        code: 'FENCED',
        effect: 'none',
      });
      const lock = path.join(folder, '.out.jsonl.lock');
      await writeFile(lock, JSON.stringify({ id: 'x', ...(await ownMark()), purpose: 'write', since: '' }));
      await expect(write(destination, [upsert({ id: 2 })], 5)).rejects.toMatchObject({
        code: 'FILE_BUSY',
        effect: 'none',
      });
      expect(await readFile(path.join(folder, 'out.jsonl'), 'utf8')).toBe('{"id":1}\n');
    }));

  test('take over the lock of a worker of an earlier container that had our pid and host name, and clear up after it', () =>
    withFolder(async (folder) => {
      await writeFile(path.join(folder, '.out.jsonl.lock'), `${process.pid} ${hostname()}\n`);
      const id = randomUUID();
      const ofAnother = `.out.jsonl.gz.${id}.new`;
      for (const left of ['.out.jsonl.new', `.out.jsonl.${id}.new`, `..out.jsonl.fence.${id}.new`, ofAnother])
        await writeFile(path.join(folder, left), 'half of someth');
      expect(await write(openDestination(folder), [upsert({ id: 1 })])).toEqual([{ state: 'confirmed', id: '1' }]);
      expect((await readdir(folder)).sort()).toEqual(['.out.jsonl.fence', ofAnother, 'out.jsonl']);
    }));

  test('as CSV quote what must be quoted, and read back as the same', () =>
    withFolder(async (folder) => {
      const destination = openDestination(folder, csv);
      const record = { id: 7, name: ' "a", b\n', more: { x: [1, null] } };
      await write(destination, [upsert(record), upsert({ id: 8, name: null, more: -1.5 })]);
      expect(await readFile(path.join(folder, 'out.csv'), 'utf8')).toBe(
        'id,name,more\n7," ""a"", b\n","{""x"":[1,null]}"\n8,,-1.5\n',
      );
      const back = (await destination.read?.(['7'], never))?.get('7')?.record ?? null;
      expect(destination.same?.(record, back)).toBe(true);
      expect(destination.same?.({ ...record, id: 8 }, back)).toBe(false);
    }));

  test('as CSV may keep formulas from running in a spreadsheet, and still read back as written', () =>
    withFolder(async (folder) => {
      const destination = openDestination(folder, { ...csv, escapeFormulas: true });
      const names = ['=1+1', '+1', '-1', '@x', '\tx', "'=x", 'plain'];
      await write(
        destination,
        names.map((name, id) => upsert({ id, name, more: -1 })),
      );
      await write(destination, [upsert({ id: 99 })]);
      const text = await readFile(path.join(folder, 'out.csv'), 'utf8');
      expect(text).toContain("0,'=1+1,-1\n");
      expect(text).not.toMatch(/,[=+@]/);
      const found = await destination.read?.(
        names.map((_, id) => String(id)),
        never,
      );
      expect([...(found?.values() ?? [])].map(({ record }) => Reflect.get(Object(record), 'name'))).toEqual(names);
    }));

  test('as CSV reject a record with a field that is no column, and stop at a file with other columns', () =>
    withFolder(async (folder) => {
      const destination = openDestination(folder, csv);
      const outcomes = await write(destination, [upsert({ id: 1, colour: 'red' }), upsert({ id: 2 })]);
      expect(outcomes).toMatchObject([{ state: 'rejected', field: 'colour' }, { state: 'confirmed' }]);
      await writeFile(path.join(folder, 'out.csv'), 'id,name\n1,a\n');
      await expect(write(destination, [upsert({ id: 2 })])).rejects.toMatchObject({ code: 'FILE_MALFORMED' });
    }));

  test('stop at a folder that is not there, and name it: it may be a share that is not mounted', () =>
    withFolder(async (folder) => {
      const destination = openDestination(folder, { path: 'share/out.jsonl' });
      const write = destination.write({
        id: '1',
        fence: { sync: 's', number: 1 },
        items: [{ key: 'a', op: 'upsert', json: '{"id":"a"}', destinationId: null }],
        signal: never,
      });
      await expect(write).rejects.toMatchObject({
        code: 'FILE_UNREADABLE',
        message: expect.stringMatching(/the folder .*share does not exist/),
      });
    }));

  test('reject a text that no file can hold', () =>
    withFolder(async (folder) => {
      const [outcome] = await write(openDestination(folder), [upsert({ id: 1, name: 'half \ud83d' })]);
      expect(outcome).toMatchObject({ state: 'rejected', code: 'TEXT_NUL', field: 'name' });
    }));

  test('keep the mode and the place of a file that a link names', () =>
    withFolder(async (folder) => {
      await writeFile(path.join(folder, 'real.jsonl'), '', { mode: 0o640 });
      await symlink('real.jsonl', path.join(folder, 'out.jsonl'));
      await write(openDestination(folder), [upsert({ id: 1 })]);
      expect(await readFile(path.join(folder, 'real.jsonl'), 'utf8')).toBe('{"id":1}\n');
      expect((await stat(path.join(folder, 'real.jsonl'))).mode & 0o777).toBe(0o640);
    }));
});

describeUnless(await whyNoSmallDisk(), 'a file on a full disk', () => {
  test('keeps what it held, and nothing is left beside it: there is room again, and the next write goes through', () =>
    withSmallDisk(async ({ folder, fill }) => {
      const destination = openDestination(folder);
      await write(destination, [upsert({ id: 1 })]);
      const before = await readdir(folder);
      await fill();
      await expect(write(destination, [upsert({ id: 2 })])).rejects.toMatchObject({
        code: 'FILE_UNREADABLE',
        effect: 'none',
        message: expect.stringContaining('the disk is full'),
      });
      expect((await readdir(folder)).sort()).toEqual([...before, 'ballast'].sort());
      await unlink(path.join(folder, 'ballast'));
      await write(destination, [upsert({ id: 2 })]);
      expect(await readFile(path.join(folder, 'out.jsonl'), 'utf8')).toBe('{"id":1}\n{"id":2}\n');
    }));

  test('that is too small for the new content keeps the old', () =>
    withSmallDisk(async ({ folder }) => {
      const destination = openDestination(folder);
      await write(destination, [upsert({ id: 1 })]);
      const before = await readdir(folder);
      const large = write(destination, [upsert({ id: 2, pad: 'x'.repeat(512 * 1024) })]);
      await expect(large).rejects.toMatchObject({ code: 'FILE_UNREADABLE', effect: 'none' });
      expect(await readdir(folder)).toEqual(before);
    }));
});
