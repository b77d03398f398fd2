import { readFileSync } from 'node:fs';
import { createProgram } from '../../cli/program.ts';
import { verbs } from '../../cli/verbs.ts';
import { adviceFor } from '../../model/failure/advice.ts';
import { type FailureCode, failures, isFailureCode } from '../../model/failure/failure.ts';
import { failuresPage } from '../../operations/docs/failures-page.ts';

const codes = Object.keys(failures).filter(isFailureCode);

test('docs/failures.md says what the engine says; `npm run docs:failures` writes it', () => {
  expect(readFileSync('docs/failures.md', 'utf8')).toBe(failuresPage());
});

/** Commands that are about no sync. */
const ofAll: readonly string[] = [
  'doctor',
  'check',
  'dev',
  'connections',
  'secrets',
  'schedule',
  'calls',
  'docs',
  '--version',
];

test.each(codes)('the advice on %s names causes and commands that exist, and no placeholder is left', async (code) => {
  const { causes, todo, commands, meaning } = adviceFor(code, 'orders');
  expect([meaning, causes, todo].every((text) => /\.$/.test(text.trim()))).toBe(true);
  expect(commands.length).toBeGreaterThan(0);
  for (const command of commands) {
    const [program, word = '', ...rest] = command.split(' ');
    expect(program).toBe('syncline');
    expect([...verbs.map(({ name }) => name), '--version']).toContain(word);
    if (!ofAll.includes(word)) expect(rest).toContain('orders');
    for (const option of rest.filter((part) => part.startsWith('--') && part !== '--json')) {
      const frame = await createProgram([word, '--help'], { stdout: () => {}, stderr: () => {} });
      expect(optionsOf(frame.commands)).toContain(option);
    }
  }
  expect(`${todo} ${commands.join(' ')}`).not.toMatch(/\bSYNC\b/);
});

type Commands = Awaited<ReturnType<typeof createProgram>>['commands'];
const optionsOf = (commands: Commands): readonly (string | undefined)[] =>
  commands.flatMap((command) => [...command.options.map(({ long }) => long), ...optionsOf(command.commands)]);

test('a failure that is parked is answered by a verb that the run takes', () => {
  const parked = codes.filter((code: FailureCode) => failures[code].next === 'park');
  for (const code of parked) expect(adviceFor(code).commands.join()).toMatch(/retry|cancel/);
});
