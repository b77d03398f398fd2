import { CommanderError } from 'commander';
import { z } from 'zod';
import { failureDocument, failureLines, reportOf } from '../../cli/failure-report.ts';
import { createProgram, firstWord, helpAsOption } from '../../cli/program.ts';
import { verbs } from '../../cli/verbs.ts';
import { exitCode } from '../../model/failure/exit-code.ts';
import { refusal, SyncFailure } from '../../model/failure/failure.ts';
import { ProjectInvalid } from '../../project/load.ts';
import { commandLine } from '../support/command-line.ts';
import { runProgram as syncline } from '../support/program.ts';
import { paperConnections, paperProject, paperSync, withProject } from '../support/temp-project.ts';

const failure = z.object({
  error: z.object({ code: z.string(), message: z.string(), problems: z.array(z.unknown()).optional() }),
  exitCode: z.number(),
});

const stackTrace = /^\s+at .*:\d+/m;
const colour = '\u001b[';

describe('the command line', () => {
  test('help lists every verb, and reads none', async () => {
    const { code, stdout } = await syncline(['--help']);
    expect(code).toBe(0);
    for (const { name } of verbs) expect(stdout).toMatch(new RegExp(`^  ${name} `, 'm'));
    const frame = await createProgram(['--help'], { stdout: () => {}, stderr: () => {} });
    expect(frame.commands.flatMap((command) => command.options)).toEqual([]);
  });

  test.each(verbs.map(({ name }) => name))('`%s --help` has a description and examples', async (name) => {
    const { code, stdout } = await commandLine([name, '--help']);
    expect(code).toBe(0);
    expect(stdout).toContain(`Usage: syncline ${name}`);
    expect(stdout).toContain('--json');
    expect(stdout).toMatch(/Examples?:\n {2}\S/);
  });

  test('the version is that of the package', async () => {
    expect(await syncline(['--version'])).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/),
    });
  });

  test('nothing at all is a usage error with the help on stderr', async () => {
    expect(await syncline([])).toMatchObject({
      code: 2,
      stdout: '',
      stderr: expect.stringContaining('Usage: syncline'),
    });
  });

  test.each([
    [['chekc'], 'unknown command `chekc`. Did you mean `check`?'],
    [['--project', '.', 'chekc'], 'Did you mean `check`?'],
    [['check', '--jsn'], "unknown option '--jsn' (Did you mean --json?)"],
    [['check', '--project'], 'argument missing'],
    [['check', '--project', ''], 'It is empty'],
    [['check', '--project', '.', '--project', '.'], 'It is given twice'],
    [['check', 'extra'], 'too many arguments'],
    [['check', '--token=sk_live_4242secret'], "unknown option '--token'"],
  ])('%j is a usage error', async (args, says) => {
    const { code, stdout, stderr } = await commandLine(args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(says);
    expect(stderr).toMatch(/^See: syncline( check)? --help$/m);
    expect(stderr).not.toMatch(stackTrace);
  });

  test('a usage error with --json is one document on stdout and nothing else', async () => {
    const { code, stdout, stderr } = await syncline(['chekc', '--json']);
    expect({ code, stderr }).toEqual({ code: 2, stderr: '' });
    expect(failure.parse(JSON.parse(stdout))).toMatchObject({ error: { code: 'USAGE' }, exitCode: 2 });
  });
});

describe('check', () => {
  test('lists systems, syncs, mode, delivery and its promise, and ends with 0', async () => {
    await withProject(paperProject(), async (folder) => {
      const { code, stdout, stderr } = await syncline(['check', '--project', folder]);
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      expect(stdout).toMatch(/^orders +shop -> books +full +T3$/m);
      expect(stdout).toContain('T3: Each record reaches its final state exactly once');
      expect(stdout).toContain('1 sync ready; 0 errors, 0 warnings.');
      expect(stdout).not.toContain(colour);
    });
  });

  test('reads the current folder, and with --json prints the same as one document', async () => {
    await withProject(paperProject(), async (folder) => {
      const { code, stdout } = await syncline(['check', '--json'], { cwd: folder });
      expect(code).toBe(0);
      expect(JSON.parse(stdout)).toMatchObject({
        ok: true,
        connections: [{ name: 'shop', kind: 'paper' }, { name: 'books' }],
        syncs: [
          { name: 'orders', mode: 'full', delivery: { class: 'T3' }, source: { connection: 'shop', kind: 'paper' } },
        ],
        problems: [],
      });
    });
  });

  test('ends with 3 and every problem when something is wrong, as lines and as a document', async () => {
    const files = paperProject({
      'connections.yaml': `${paperConnections}  password: sk_live_4242secret\n  ownr: me\n`,
      'syncs/orders.ts': paperSync.replace("source('shop'", "source('shpo'"),
    });
    await withProject(files, async (folder) => {
      const lines = await commandLine(['check', '--project', folder]);
      expect(lines.code).toBe(3);
      expect(lines.stdout).toMatch(/^error {3}SECRET_IN_CLEAR connections\.yaml:8:13 — /m);
      expect(lines.stdout).toMatch(/^error {3}KEY_UNKNOWN connections\.yaml:9:3 — .*Did you mean `owner`\?/m);
      expect(lines.stdout).toMatch(/^error {3}CONNECTION_UNKNOWN syncs\/orders\.ts:7:24 — .*Did you mean `shop`\?/m);
      const document = await commandLine(['--json', 'check', '--project', folder]);
      expect(document.code).toBe(3);
      expect(JSON.parse(document.stdout)).toMatchObject({
        ok: false,
        problems: [{ code: 'SECRET_IN_CLEAR' }, { line: 9 }, { column: 24 }],
      });
      expect(lines.stdout + lines.stderr + document.stdout + document.stderr).not.toMatch(/4242|^\s+at /m);
    });
  });

  test('finds connectors of the engine, and names the nearest when one is misspelt', async () => {
    const import_ = (kind: string) => `import paper from 'syncline/connectors/${kind}';\nexport default paper;\n`;
    await withProject(paperProject({ 'syncs/orders.ts': import_('postgre') }), async (folder) => {
      const { stdout } = await commandLine(['check', '--project', folder]);
      expect(stdout).toMatch(
        /IMPORT_MISSING syncs\/orders\.ts:1:19 — .*Did you mean `syncline\/connectors\/postgres`\?/,
      );
    });
  });

  test('a mapping that prints does not break the document', async () => {
    await withProject(paperProject({ 'syncs/orders.ts': `console.log('hello');${paperSync}` }), async (folder) => {
      const { stdout, stderr } = await syncline(['check', '--json', '--project', folder]);
      expect(JSON.parse(stdout)).toMatchObject({ ok: true });
      expect(stderr).toBe('hello\n');
    });
  });

  test('a folder that is not there ends with 3', async () => {
    const { code, stdout } = await commandLine(['check', '--project', '/nowhere/at/all']);
    expect(code).toBe(3);
    expect(stdout).toContain('PROJECT_MISSING connections.yaml — the folder /nowhere/at/all: it does not exist.');
  });

  test('a reader that goes away ends it quietly', async () => {
    await withProject(paperProject(), async (folder) => {
      expect(await syncline(['check', '--project', folder], { closeStdout: true })).toMatchObject({ stderr: '' });
    });
  });

  test('colours are for terminals, for FORCE_COLOR, and never with NO_COLOR', async () => {
    await withProject(paperProject(), async (folder) => {
      const args = ['check', '--project', folder];
      expect((await commandLine(args, { env: { FORCE_COLOR: '1' } })).stdout).toContain(colour);
      expect((await commandLine(args, { env: { FORCE_COLOR: '1', NO_COLOR: '1' } })).stdout).not.toContain(colour);
    });
  });
});

describe('how a command ends', () => {
  const problems = [
    { severity: 'error', code: 'KEY_UNKNOWN', file: 'connections.yaml', line: 3, column: 1, message: 'x\u001b[2J' },
  ] as const;

  test.each([
    [new CommanderError(1, 'commander.unknownOption', "error: unknown option '--x'"), 'USAGE', exitCode.usage],
    [refusal('NO_OPEN_RUN', 'no run is open'), 'NO_OPEN_RUN', exitCode.conflict],
    [new ProjectInvalid(problems), 'PROJECT_INVALID', exitCode.invalid],
    [new SyncFailure('LOCKED', 'run 7 is open'), 'LOCKED', exitCode.conflict],
    [new SyncFailure('LEDGER_UNAVAILABLE', 'no answer'), 'LEDGER_UNAVAILABLE', exitCode.unreachable],
    [new SyncFailure('CONSERVATION', 'off by one'), 'CONSERVATION', exitCode.failed],
    [new TypeError('x is not a function'), 'INTERNAL', exitCode.failed],
    ['just text', 'INTERNAL', exitCode.failed],
  ])('%s is reported as %s', (error, code, exit) => {
    expect(reportOf(error)).toMatchObject({ code, exit });
  });

  test('every problem of a project is a line, safe for the terminal', () => {
    expect(failureLines(reportOf(new ProjectInvalid(problems)))).toEqual([
      'KEY_UNKNOWN connections.yaml:3:1 — x\\u001b[2J',
    ]);
  });

  test('the document has code, message, next step and exit code', () => {
    expect(failureDocument(reportOf(new SyncFailure('LOCKED', 'run 7 is open')))).toEqual({
      error: { code: 'LOCKED', message: 'run 7 is open', next: expect.any(String) },
      exitCode: 7,
    });
  });

  test('a secret in a message is redacted', () => {
    expect(reportOf(new Error('cannot reach postgresql://me:hunter2@db/x')).message).toBe(
      'cannot reach postgresql://me:[redacted]@db/x',
    );
  });

  test('the verb is the first word that is no option', () => {
    expect(firstWord(['--json', '--project', 'check', 'run', 'x'])).toBe('run');
    expect(firstWord(['--', 'run'])).toBeUndefined();
    expect(helpAsOption(['help', 'run'])).toEqual(['run', '--help']);
  });
});
