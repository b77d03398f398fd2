import fc from 'fast-check';
import { didYouMean, editDistance, nearName } from '../../model/text/near-name.ts';
import { createOut } from '../../platform/terminal/out.ts';
import { wantsColour } from '../../platform/terminal/style.ts';
import { fitWidths, tableLines } from '../../platform/terminal/table.ts';
import { cutText, padText, safeText, textWidth } from '../../platform/terminal/text.ts';

describe('text of records on a terminal', () => {
  test.each([
    ['\u001b[2J\u001b]0;title\u0007', '\\u001b[2J\\u001b]0;title\\u0007'],
    ['a\nb\r\tc', 'a\\nb\\r\\tc'],
    ['\u009b31m', '\\u009b31m'],
    ['invoice\u202efdp.exe', 'invoice\\u202efdp.exe'],
    ['zero\u200bwidth\u2028line', 'zero\\u200bwidth\\u2028line'],
    ['Ünïcode 北京 🛒', 'Ünïcode 北京 🛒'],
  ])('%j becomes harmless', (text, safe) => expect(safeText(text)).toBe(safe));

  test('nothing that is made safe can move the cursor', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        for (const character of safeText(text)) expect(character.codePointAt(0)).toBeGreaterThanOrEqual(0x20);
        expect(safeText(text)).not.toMatch(/[\u007f-\u009f]/);
      }),
    );
  });

  test.each([
    ['abc', 3],
    ['北京', 4],
    ['e\u0301', 1],
    ['🛒', 2],
    ['', 0],
  ])('%j is %i cells wide', (text, cells) => expect(textWidth(text)).toBe(cells));

  test('cut and padded text has the width that is asked for', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.integer({ min: 1, max: 30 }), (text, cells) => {
        expect(textWidth(cutText(text, cells))).toBeLessThanOrEqual(cells);
        expect(textWidth(padText(text, cells))).toBeGreaterThanOrEqual(cells);
      }),
    );
    expect(cutText('warehouse', 6)).toBe('wareh…');
  });
});

describe('tables', () => {
  const columns = [{ title: 'SYNC' }, { title: 'RECORDS', align: 'right' as const }];

  test('columns are as wide as their widest cell, numbers stand right', () => {
    expect(
      tableLines(
        columns,
        [
          ['orders', '20000'],
          ['a', '7'],
        ],
        80,
      ),
    ).toEqual(['SYNC    RECORDS', 'orders    20000', 'a             7']);
  });

  test('a table too wide for the terminal cuts its widest column', () => {
    const [, row] = tableLines(columns, [['a-very-long-name-of-a-sync-that-goes-on', '1']], 40);
    expect(row).toBe('a-very-long-name-of-a-sync-tha…        1');
  });

  test('cells are made safe, and painted without disturbing the widths', () => {
    const painted = [{ title: 'A', paint: (cell: string) => `<${cell}>` }, { title: 'B' }];
    expect(tableLines(painted, [['x\n', 'y']], 80)).toEqual(['A    B', '<x\\n>  y']);
  });

  test('widths fit whenever they can', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 100 }), { minLength: 1, maxLength: 6 }),
        fc.integer({ min: 40, max: 200 }),
        (natural, total) => {
          const sum = fitWidths(natural, total).reduce((all, width) => all + width, 0);
          expect(sum).toBeLessThanOrEqual(Math.max(total, natural.length * 6));
        },
      ),
    );
  });
});

describe('out', () => {
  const speak = (json: boolean): { stdout: string; stderr: string } => {
    const said = { stdout: '', stderr: '' };
    const out = createOut({
      json,
      stdout: {
        write: (text) => {
          said.stdout += text;
        },
      },
      stderr: {
        write: (text) => {
          said.stderr += text;
        },
      },
      env: {},
    });
    out.line('working');
    out.result({ done: 1 }, () => out.line('done'));
    return said;
  };

  test('with --json the document alone is on stdout', () => {
    expect(speak(true)).toEqual({ stdout: '{\n  "done": 1\n}\n', stderr: 'working\n' });
    expect(speak(false)).toEqual({ stdout: 'working\ndone\n', stderr: '' });
  });

  test.each([
    [{ isTTY: true }, {}, true],
    [{ isTTY: false }, {}, false],
    [{ isTTY: true }, { NO_COLOR: '1' }, false],
    [{ isTTY: true }, { TERM: 'dumb' }, false],
    [{ isTTY: false }, { FORCE_COLOR: '1' }, true],
    [{ isTTY: true }, { FORCE_COLOR: '1', NO_COLOR: '1' }, false],
  ])('%j with %j: colours %s', (stream, env, expected) => expect(wantsColour(stream, env)).toBe(expected));
});

describe('near names', () => {
  test.each([
    ['shpo', ['shop', 'books'], 'shop'],
    ['shedule', ['schedule', 'source'], 'schedule'],
    ['KEY', ['key'], 'key'],
    ['prod', ['production', 'test'], 'production'],
    ['zzz', ['shop', 'books'], undefined],
    ['x', [], undefined],
  ])('%s among %j is %s', (written, names, expected) => expect(nearName(written, names)).toBe(expected));

  test('at most three are named', () => {
    expect(didYouMean('orders-5', ['orders-1', 'orders-2', 'orders-3', 'orders-4'])).toBe(
      ' Did you mean `orders-1` or `orders-2` or `orders-3`?',
    );
  });

  test('the distance is zero only between equals, symmetric, and at most the longer length', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 20 }), fc.string({ maxLength: 20 }), (a, b) => {
        expect(editDistance(a, b) === 0).toBe(a === b);
        expect(editDistance(a, b)).toBe(editDistance(b, a));
        expect(editDistance(a, b)).toBeLessThanOrEqual(Math.max(a.length, b.length));
      }),
    );
    expect(editDistance('shpo', 'shop')).toBe(1);
  });
});
