// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the files under test have variables
import fc from 'fast-check';
import { formatProblem, type Problem } from '../../model/text/problem.ts';
import { checkProject, loadProject, ProjectInvalid } from '../../project/load.ts';
import { substituteVariables } from '../../project/variables.ts';
import { parseYaml } from '../../project/yaml.ts';
import { type ProjectFiles, paperConnections, paperProject, withProject } from '../support/temp-project.ts';

type Env = Record<string, string>;

const check = (files: ProjectFiles, env: Env = {}): Promise<readonly Problem[]> =>
  withProject(paperProject(files), async (folder) => (await checkProject(folder, env)).problems);

/** `CODE line:column` of every problem of a connections.yaml. */
const shop = (lines: string): string =>
  `shop:\n  kind: paper\n${lines}\nbooks: { kind: paper, url: "https://books.test" }\n`;

interface BadInput {
  readonly what: string;
  readonly yaml: string;
  readonly expected: string;
  /** Must stand in the message… */
  readonly says?: string | RegExp;
  /** …and this must not. */
  readonly hides?: string;
  readonly env?: Env;
}

const url = '  url: https://shop.test';

const badInputs: readonly BadInput[] = [
  { what: 'bad indentation', yaml: `a:\n  b: [1,\nc: 2\n`, expected: 'YAML_SYNTAX 3:1' },
  { what: 'a tab as indentation', yaml: `shop:\n\tkind: paper\n`, expected: 'YAML_SYNTAX 2:1', says: 'tab in line 2' },
  {
    what: 'a key twice',
    yaml: shop(`${url}\n  owner: a\n  owner: b`),
    expected: 'YAML_DUPLICATE_KEY 5:3',
    says: 'the first is in line 4',
  },
  {
    what: 'a tag that would run code',
    yaml: shop(`${url}\n  owner: !!js/function "x"`),
    expected: 'YAML_TAG 4:10',
    says: 'not run',
  },
  {
    what: 'an alias bomb',
    yaml: `a: &a [x,x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c,*c]\ne: &e [*d,*d,*d,*d,*d,*d,*d,*d,*d,*d]\nf: [*e,*e,*e,*e,*e,*e,*e,*e,*e,*e]\n`,
    expected: 'YAML_ALIASES 5:8',
    says: 'multiply',
  },
  { what: 'a list instead of systems', yaml: '- shop\n', expected: 'VALUE_INVALID 1:1' },
  {
    what: 'an unknown key',
    yaml: shop(`${url}\n  ownr: me`),
    expected: 'KEY_UNKNOWN 4:3',
    says: 'Did you mean `owner`?',
  },
  {
    what: 'an unknown kind',
    yaml: shop(url).replace('kind: paper', 'kind: papr'),
    expected: 'KIND_UNKNOWN 2:9',
    says: 'Did you mean `paper`?',
  },
  {
    what: 'no kind',
    yaml: `shop:\n${url}\nbooks: { kind: paper, url: "https://books.test" }\n`,
    expected: 'KEY_REQUIRED 1:1',
    says: '`kind` is missing',
  },
  { what: 'a missing setting', yaml: shop('  owner: me'), expected: 'KEY_REQUIRED 1:1', says: '`url` is missing' },
  {
    what: 'text where a number belongs',
    yaml: shop(`${url}\n  maxResponseBytes: "ten"`),
    expected: 'VALUE_INVALID 4:21',
    says: 'expected a whole number, found the text `ten`',
  },
  {
    what: 'a number out of range',
    yaml: shop(`${url}\n  limits: { concurrent: 0 }`),
    expected: 'VALUE_INVALID 4:25',
    says: 'a whole number from 1 to 1000, found `0`',
  },
  {
    what: 'a huge number',
    yaml: shop(`${url}\n  limits: { concurrent: 1e9 }`),
    expected: 'VALUE_INVALID 4:25',
    says: 'from 1 to 1000',
  },
  {
    what: 'a negative rate',
    yaml: shop(`${url}\n  limits: { perSecond: -1 }`),
    expected: 'VALUE_INVALID 4:24',
    says: 'a number above 0',
  },
  {
    what: 'a reset of nothing',
    yaml: shop(`${url}\n  limits: { resetAt: "00:00" }`),
    expected: 'VALUE_INVALID 4:22',
    says: 'state that too',
  },
  {
    what: 'a zone that is none',
    yaml: shop(`${url}\n  limits: { perDay: 5, resetAt: "00:00", zone: Mars/Base }`),
    expected: 'VALUE_INVALID 4:48',
    says: 'Europe/Berlin',
  },
  {
    what: 'an unquoted number where text belongs',
    yaml: shop(`${url}\n  apiVersion: 0123`),
    expected: 'VALUE_INVALID 4:15',
    says: '`"0123"`',
  },
  {
    what: '`no` where true or false belongs',
    yaml: shop(`${url}\n  tidy: no`),
    expected: 'VALUE_INVALID 4:9',
    says: 'YAML 1.2 has `true` and `false` only',
  },
  {
    what: 'a duration without a unit',
    yaml: shop(`${url}\n  timeout: 5`),
    expected: 'VALUE_INVALID 4:12',
    says: '`30 seconds`',
  },
  {
    what: 'a duration that is text without a unit',
    yaml: shop(`${url}\n  timeout: "5"`),
    expected: 'VALUE_INVALID 4:12',
    says: '`30 seconds`',
  },
  {
    what: 'a negative duration',
    yaml: shop(`${url}\n  timeout: -1s`),
    expected: 'VALUE_INVALID 4:12',
    says: '`30 seconds`',
  },
  {
    what: 'a duration in years',
    yaml: shop(`${url}\n  timeout: 1y`),
    expected: 'VALUE_INVALID 4:12',
    says: '`30 seconds`',
  },
  {
    what: 'a duration far too long',
    yaml: shop(`${url}\n  timeout: 7 days`),
    expected: 'VALUE_INVALID 4:12',
    says: '100 ms to 1 h',
  },
  {
    what: 'a name with spaces',
    yaml: shop(url).replace('shop:', 'my shop:'),
    expected: 'NAME_INVALID 1:1',
    says: 'a-z, 0-9',
  },
  {
    what: 'a name of 300 letters',
    yaml: shop(url).replace('shop:', `${'s'.repeat(300)}:`),
    expected: 'NAME_INVALID 1:1',
    says: '1 to 64',
  },
  { what: 'a name with an emoji', yaml: shop(url).replace('shop:', '🛒:'), expected: 'NAME_INVALID 1:1' },
  {
    what: 'a variable that is not set',
    yaml: shop('  url: ${SHOP_URL}'),
    expected: 'ENV_MISSING 3:8',
    says: 'SHOP_URL is not set. Did you mean `SHOP_URI`?',
    env: { SHOP_URI: 'https://secret-host.test' },
    hides: 'secret-host',
  },
  {
    what: 'an empty variable',
    yaml: shop('  url: ${SHOP_URL}'),
    expected: 'ENV_MISSING 3:8',
    says: 'SHOP_URL is empty',
    env: { SHOP_URL: '' },
  },
  {
    what: 'a variable in a variable',
    yaml: shop('  url: "${SHOP_${STAGE}}"'),
    expected: 'ENV_SYNTAX 3:8',
    says: 'not one inside another',
    env: { STAGE: 'x' },
  },
  { what: 'a variable without a name', yaml: shop('  url: "${}"'), expected: 'ENV_SYNTAX 3:8' },
  {
    what: 'an API key in clear',
    yaml: shop(`${url}\n  password: sk_live_4242secret`),
    expected: 'SECRET_IN_CLEAR 4:13',
    says: 'an API key',
    hides: '4242',
  },
  {
    what: 'a JSON web token in clear, under any key',
    yaml: shop(`${url}\n  owner: eyJhbGciOiJIUzI1.eyJzdWIiOiIxMjM0.c2lnbmF0dXJl`),
    expected: 'SECRET_IN_CLEAR 4:10',
    says: 'a JSON web token',
    hides: 'eyJ',
  },
  {
    what: 'a private key in clear',
    yaml: shop(`${url}\n  owner: |\n    -----BEGIN PRIVATE KEY-----\n    MIIhidden\n    -----END PRIVATE KEY-----`),
    expected: 'SECRET_IN_CLEAR 4:10',
    says: 'a private key',
    hides: 'MIIhidden',
  },
  {
    what: 'a plain password',
    yaml: shop(`${url}\n  password: hunter2`),
    expected: 'SECRET_IN_CLEAR 4:13',
    says: '{ env: NAME }',
    hides: 'hunter2',
  },
  {
    what: 'a password that is a number',
    yaml: shop(`${url}\n  password: 98765`),
    expected: 'SECRET_IN_CLEAR 4:13',
    hides: '98765',
  },
  {
    what: 'a password out of a variable',
    yaml: shop(`${url}\n  password: \${PW}`),
    expected: 'SECRET_IN_CLEAR 4:13',
    says: '`{ env: PW }`',
    hides: 'hunter2',
    env: { PW: 'hunter2' },
  },
  {
    what: 'a token in clear',
    yaml: shop(`${url}\n  auth: { kind: bearer, token: opensesame }`),
    expected: 'SECRET_IN_CLEAR 4:32',
    hides: 'opensesame',
  },
  {
    what: 'a password in an address',
    yaml: shop('  url: https://me:hunter2@shop.test'),
    expected: 'SECRET_IN_CLEAR 3:8',
    hides: 'hunter2',
  },
  {
    what: 'a password in a wrongly placed address',
    yaml: shop(`${url}\n  documentation: https://me:hunter2@shop.test`),
    expected: 'SECRET_IN_CLEAR 4:18',
    hides: 'hunter2',
  },
  {
    what: 'a secret where YAML cannot parse',
    yaml: `shop:\n  kind: paper\n  password: "sk_live_4242secret\n  url: x\n`,
    expected: 'YAML_SYNTAX 5:1',
    hides: '4242',
  },
  {
    what: 'a secret where a key belongs',
    yaml: shop(`${url}\n  sk_live_4242word: x`),
    expected: 'KEY_UNKNOWN 4:3',
    says: '[redacted]',
    hides: '4242',
  },
  {
    what: 'an unknown secret provider',
    yaml: shop(`${url}\n  password: { keychain: shop/pw }`),
    expected: 'SECRET_REFERENCE 4:15',
    says: 'Allowed: { env: … }, { file: … }, { vault: … }, { kv: … }, { exec: … }.',
  },
  {
    what: 'a reference to a store without the field that is meant',
    yaml: shop(`${url}\n  password: { kv: shop/production, feild: pw }`),
    expected: 'SECRET_REFERENCE 4:15',
    says: '`field` is missing: expected text',
  },
  {
    what: 'a reference with a key that its provider does not read',
    yaml: shop(`${url}\n  password: { exec: [pass, shop], timout: 2s }`),
    expected: 'SECRET_REFERENCE 4:15',
    says: 'Did you mean `timeout`?',
  },
  {
    what: 'a reference to an entry of the vault that cannot exist',
    yaml: shop(`${url}\n  password: { vault: shop/pw }`),
    expected: 'SECRET_REFERENCE 4:15',
    says: 'expected text that matches',
  },
  {
    what: 'an API key that goes nowhere',
    yaml: shop(`${url}\n  auth: { kind: api-key, value: { env: T } }`),
    expected: 'KEY_REQUIRED 4:3',
    says: 'expected either `header` or `query`',
  },
  {
    what: 'an OAuth client without a place to ask for tokens',
    yaml: shop(`${url}\n  auth: { kind: oauth2, grant: client-credentials, clientId: me, clientSecret: { env: T } }`),
    expected: 'KEY_REQUIRED 4:3',
    says: 'expected either `issuer` or `tokenUrl`',
  },
  {
    what: 'a signed request whose template names something that is not there',
    yaml: shop(`${url}\n  auth: { kind: hmac, secret: { env: T }, signs: "{methd} {path}" }`),
    expected: 'VALUE_INVALID 4:50',
    says: 'Did you mean `method`?',
  },
  {
    what: 'an API key in clear',
    yaml: shop(`${url}\n  auth: { kind: api-key, header: X-Key, value: plain-canary }`),
    expected: 'SECRET_IN_CLEAR 4:48',
    says: '{ env: NAME }',
    hides: 'canary',
  },
  {
    what: 'the secret of an OAuth client in clear',
    yaml: shop(
      `${url}\n  auth: { kind: oauth2, grant: client-credentials, tokenUrl: "https://l.test/t", clientId: me, clientSecret: canary }`,
    ),
    expected: 'SECRET_IN_CLEAR 4:110',
    hides: 'canary',
  },
  {
    what: 'the key of a client certificate in clear',
    yaml: shop(`${url}\n  clientCertificate: { certificate: { file: c.pem }, key: "-----BEGIN PRIVATE KEY-----abc" }`),
    expected: 'SECRET_IN_CLEAR 4:59',
    hides: 'abc',
  },
  {
    what: 'a misspelt secret provider',
    yaml: shop(`${url}\n  password: { evn: PW }`),
    expected: 'SECRET_REFERENCE 4:15',
    says: 'Did you mean `env`?',
  },
  {
    what: 'two secret providers at once',
    yaml: shop(`${url}\n  password: { env: PW, file: pw }`),
    expected: 'SECRET_REFERENCE 4:15',
  },
  {
    what: 'an unknown kind of authentication',
    yaml: shop(`${url}\n  auth: { kind: baerer, token: { env: T } }`),
    expected: 'VALUE_INVALID 4:17',
    says: 'Did you mean `bearer`?',
    env: { T: 'x' },
  },
  {
    what: 'an address without a scheme',
    yaml: shop('  url: shop.test/v1'),
    expected: 'URL_REFUSED 3:8',
    says: 'no scheme',
  },
  { what: 'an ftp address', yaml: shop('  url: ftp://shop.test'), expected: 'URL_REFUSED 3:8', says: '`ftp:`' },
  { what: 'a file address', yaml: shop('  url: file:///etc/passwd'), expected: 'URL_REFUSED 3:8', says: '`file:`' },
  {
    what: 'an address with a space at its end',
    yaml: shop('  url: "https://shop.test "'),
    expected: 'URL_REFUSED 3:8',
    says: 'space',
  },
  {
    what: 'an address of the cloud’s metadata',
    yaml: shop('  url: http://169.254.169.254/latest'),
    expected: 'URL_REFUSED 3:8',
    says: 'link-local',
  },
  {
    what: 'an address as one decimal number',
    yaml: shop('  url: http://2130706433/'),
    expected: 'URL_REFUSED 3:8',
    says: '127.0.0.1',
  },
  {
    what: 'an address in octal',
    yaml: shop('  url: http://0177.0.0.1/'),
    expected: 'URL_REFUSED 3:8',
    says: '127.0.0.1',
  },
  {
    what: 'an IPv4 address inside an IPv6 one',
    yaml: shop('  url: "http://[::ffff:127.0.0.1]/"'),
    expected: 'URL_REFUSED 3:8',
    says: '127.0.0.1',
  },
  { what: 'a newer format', yaml: `version: 2\n${shop(url)}`, expected: 'FORMAT_VERSION 1:1', says: 'reads version 1' },
];

describe('connections.yaml', () => {
  test.each(badInputs)('$what is refused at its place', async ({ yaml, expected, says, hides, env = {} }) => {
    const problems = await check({ 'connections.yaml': yaml }, env);
    const errors = problems.filter(({ severity, file }) => severity === 'error' && file === 'connections.yaml');
    const [first] = errors;
    expect(errors.map(({ code, line, column }) => `${code} ${line}:${column}`)).toEqual([expected]);
    const text = first ? formatProblem(first) : '';
    if (says !== undefined)
      expect(text).toMatch(typeof says === 'string' ? new RegExp(says.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')) : says);
    if (hides !== undefined) expect(JSON.stringify(problems)).not.toContain(hides);
  });

  test('a project without faults has no problems', async () => {
    expect(await check({})).toEqual([]);
  });

  test('all errors are told at once, in the order of the lines', async () => {
    const problems = await check({
      'connections.yaml': shop('  url: shop\n  ownr: me\n  timeout: 5\n  password: { vault: x }'),
    });
    expect(problems.map(({ line }) => line)).toEqual([3, 4, 5, 6]);
  });

  test('the name is given as the cause when an entry of the overlay is misspelt', async () => {
    const problems = await check(
      { 'connections.prod.yaml': 'shpo:\n  url: https://live.test\n' },
      { SYNCLINE_ENV: 'prod' },
    );
    expect(problems.map(formatProblem).join('\n')).toContain(
      'connections.prod.yaml:1:1 — `shpo` has no `kind`, so it may be misspelt. Did you mean `shop`?',
    );
  });

  test('variables, defaults, escapes and numbers are put in', async () => {
    const yaml = shop(
      '  url: "${SCHEME:-https}://${HOST}/$${x}"\n  limits: { perSecond: "${RATE:-5}" }\n  owner: ${OWNER:-}',
    ).replace('"${RATE:-5}"', '7');
    await withProject(paperProject({ 'connections.yaml': `${yaml}` }), async (folder) => {
      const { connections } = await loadProject(folder, { HOST: 'h.test', OWNER: '' });
      expect(connections.get('shop')).toMatchObject({
        settings: { url: 'https://h.test/${x}' },
        limits: { perSecond: 7 },
        owner: '',
      });
    });
  });

  test('an unquoted value that is a variable may be a number', async () => {
    const yaml = shop(`${url}\n  maxResponseBytes: \${MAX}`);
    await withProject(paperProject({ 'connections.yaml': yaml }), async (folder) => {
      const { connections } = await loadProject(folder, { MAX: '2048' });
      expect(connections.get('shop')?.maxResponseBytes).toBe(2048);
    });
  });

  test('what a variable holds is not looked at for further variables', async () => {
    const yaml = shop(`${url}\n  owner: "\${A}"`);
    await withProject(paperProject({ 'connections.yaml': yaml }), async (folder) => {
      const { connections } = await loadProject(folder, { A: '${B}', B: 'no' });
      expect(connections.get('shop')?.owner).toBe('${B}');
    });
  });

  test('the overlay of an environment wins key by key, and null removes', async () => {
    const base = shop(
      '  url: https://test.test\n  owner: me\n  limits: { perSecond: 1, concurrent: 2 }\n  documentation: ${UNSET}',
    );
    const overlay =
      'shop:\n  url: https://live.test\n  owner: ~\n  limits: { perSecond: 9 }\n  documentation: docs/shop.md\n';
    await withProject(paperProject({ 'connections.yaml': base, 'connections.prod.yaml': overlay }), async (folder) => {
      const { connections } = await loadProject(folder, { SYNCLINE_ENV: 'prod' });
      const found = connections.get('shop');
      expect(found).toMatchObject({ settings: { url: 'https://live.test' }, limits: { perSecond: 9, concurrent: 2 } });
      expect(found).not.toHaveProperty('owner');
    });
  });

  test('an error of the overlay is told with the overlay’s file and line', async () => {
    const problems = await check(
      { 'connections.prod.yaml': '# live\nshop:\n  timeout: 5\n' },
      { SYNCLINE_ENV: 'prod' },
    );
    expect(problems).toMatchObject([{ code: 'VALUE_INVALID', file: 'connections.prod.yaml', line: 3, column: 12 }]);
  });

  test('a missing overlay is a warning with the nearest one', async () => {
    const problems = await check({ 'connections.production.yaml': '' }, { SYNCLINE_ENV: 'prodction' });
    expect(problems).toMatchObject([{ severity: 'warning', code: 'OVERLAY_MISSING' }]);
    expect(problems[0]?.message).toContain('Did you mean `production`?');
  });

  test('an environment that would lead out of the folder is refused', async () => {
    const problems = await check({}, { SYNCLINE_ENV: '../../etc/x' });
    expect(problems).toMatchObject([{ severity: 'error', code: 'ENV_NAME' }]);
  });

  test.each(['', '# nothing yet\n', '---\n'])('an empty file (%j) is no crash', async (yaml) => {
    const problems = await check({ 'connections.yaml': yaml, 'syncs/orders.ts': 'export default {}' });
    expect(problems).toContainEqual(expect.objectContaining({ code: 'SYNCS_MISSING', file: 'connections.yaml' }));
  });

  test('a byte order mark and Windows line ends are read right', async () => {
    const yaml = `\uFEFF${paperConnections.replaceAll('\n', '\r\n')}`;
    expect(await check({ 'connections.yaml': yaml })).toEqual([]);
    const broken = await check({
      'connections.yaml': yaml.replace('shop.test/v1\r\n', 'shop.test/v1\r\n  ownr: x\r\n'),
    });
    expect(broken).toMatchObject([{ code: 'KEY_UNKNOWN', line: 5, column: 3 }]);
  });

  test('defaults are thirty seconds and 64 MiB', async () => {
    await withProject(paperProject(), async (folder) => {
      const { connections } = await loadProject(folder, {});
      expect(connections.get('shop')).toEqual({
        name: 'shop',
        kind: 'paper',
        settings: { url: 'https://shop.test/v1' },
        network: 'public',
        plaintext: false,
        limits: {},
        journal: { enabled: true, bodies: 'head', keepDays: 14, maxBytes: 268_435_456 },
        timeoutMs: 30_000,
        maxResponseBytes: 67_108_864,
      });
    });
  });

  test('a system that no sync uses is a warning', async () => {
    const problems = await check({
      'connections.yaml': `${paperConnections}spare: { kind: paper, url: "https://s.test" }\n`,
    });
    expect(problems).toMatchObject([{ severity: 'warning', code: 'CONNECTION_UNUSED', line: 8 }]);
  });

  test('loading throws everything that is wrong in one error', async () => {
    const yaml = shop('  url: shop\n  ownr: me');
    await withProject(paperProject({ 'connections.yaml': yaml }), async (folder) => {
      const error = await loadProject(folder, {}).catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(ProjectInvalid);
      expect(error).toMatchObject({ code: 'PROJECT_INVALID', message: expect.stringContaining('(and 1 more)') });
    });
  });

  test('no text whatever makes the reader throw, and no message repeats a secret in it', () => {
    const scraps = fc.constantFrom(
      'shop:',
      '  ',
      '\n',
      '\t',
      '- ',
      '[',
      ']',
      '{',
      '}',
      '"',
      "'",
      '&a ',
      '*a',
      '!x ',
      '|',
      '#',
      ': ',
      '${X',
      '}',
      'sk_live_4242',
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.array(scraps, { maxLength: 40 }).map((parts) => parts.join('')),
          fc.string(),
        ),
        (text) => {
          const { tree, problems } = parseYaml('connections.yaml', text);
          const found = [...problems];
          if (tree) substituteVariables(tree, {}, found);
          expect(tree === undefined || problems.length === 0).toBe(true);
          expect(JSON.stringify(found)).not.toContain('4242');
        },
      ),
      { numRuns: 2000 },
    );
  });
});
