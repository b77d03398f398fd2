import { jest } from '@jest/globals';
import { createProgress, describe as describeStep, progressBar, seconds } from '../../platform/foundation/progress.ts';

beforeEach(() => {
  jest.useFakeTimers();
});
afterEach(() => {
  jest.useRealTimers();
});

function output(isTTY: boolean, columns = 80) {
  const written: string[] = [];
  return { isTTY, columns, written, write: (text: string) => written.push(text) };
}

const lasting = (ms: number) => () => new Promise<string>((resolve) => setTimeout(() => resolve('done'), ms));

test.each([true, false])('a step that ends within a second is not mentioned (terminal: %s)', async (isTTY) => {
  const out = output(isTTY);
  const step = createProgress(out).step('Starting', lasting(900));
  await jest.advanceTimersByTimeAsync(2000);
  expect(await step).toBe('done');
  expect(out.written).toEqual([]);
});

test('without a terminal a long step is plain lines, few of them, and its length at the end', async () => {
  const out = output(false);
  const step = createProgress(out).step('Building', lasting(40_000));
  await jest.advanceTimersByTimeAsync(41_000);
  await step;
  expect(out.written).toEqual(['Building (1.0 s)\n', 'Building (16 s)\n', 'Building (31 s)\n', 'Building: 40 s\n']);
});

test('on a terminal a long step is one line that moves and fits, and ends as a line that stays', async () => {
  const out = output(true, 30);
  const progress = createProgress(out);
  const step = progress.step('Building', async (tell) => {
    tell({ usualS: 240, detail: 'a detail that is too long for this terminal' });
    return lasting(5000)();
  });
  await jest.advanceTimersByTimeAsync(6000);
  await step;
  const frames = out.written.slice(0, -1);
  expect(frames.length).toBeGreaterThan(10);
  for (const frame of frames) {
    expect(frame.startsWith('\r\u001b[K')).toBe(true);
    expect(frame.slice(4).length).toBeLessThan(30);
    expect(frame).not.toContain('\n');
  }
  expect(out.written.at(-1)).toBe('\r\u001b[KBuilding: 5.0 s\n');
});

test('a note does not run into the moving line', async () => {
  const out = output(true);
  const progress = createProgress(out);
  const step = progress.step('Building', lasting(3000));
  await jest.advanceTimersByTimeAsync(1500);
  progress.note('Port 5432 is taken.');
  expect(out.written.at(-1)).toBe('\r\u001b[KPort 5432 is taken.\n');
  await jest.advanceTimersByTimeAsync(3000);
  await step;
});

test('a step that fails throws what its work threw, and stops being shown', async () => {
  const out = output(false);
  const progress = createProgress(out);
  const step = progress.step('Starting', () => Promise.reject(new Error('no')));
  await expect(step).rejects.toThrow('no');
  await jest.advanceTimersByTimeAsync(20_000);
  expect(out.written).toEqual([]);
});

test.each([
  [0, '0.0 s'],
  [420, '0.4 s'],
  [9949, '9.9 s'],
  [9950, '10 s'],
  [59_400, '59 s'],
  [59_600, '1 min 00 s'],
  [185_000, '3 min 05 s'],
])('%d ms reads %s', (ms, text) => {
  expect(seconds(ms)).toBe(text);
});

test('a bar shows no more than all and no less than nothing', () => {
  expect(progressBar(1, 4)).toBe('[#####...............] 25 %');
  expect(progressBar(9, 4)).toBe('[####################] 100 %');
  expect(progressBar(-1, 4)).toBe('[....................] 0 %');
  expect(progressBar(1, 0)).toBe('[....................] 0 %');
  expect(describeStep('Copying', { done: 1, total: 2 }, 3000)).toBe('Copying [##########..........] 50 % (3.0 s)');
});
