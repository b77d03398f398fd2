import { checkProject } from '../../project/load.ts';
import { withProject } from '../support/temp-project.ts';

/** What `check` says of one connection: the messages of its errors. */
const errorsOf = (keys: string, files: Record<string, string> = {}): Promise<readonly string[]> =>
  withProject({ 'connections.yaml': `shop:\n  kind: rest\n${keys}\n`, ...files }, async (folder) => {
    const { problems } = await checkProject(folder, {});
    return problems.filter(({ severity }) => severity === 'error').map(({ message }) => message);
  });

describe('an address', () => {
  test.each([
    ['http://127.0.0.1:4801', 'the machine itself'],
    ['http://localhost:4801', 'the machine itself'],
    ['http://shop.localhost', 'the machine itself'],
    ['http://[::1]:4801', 'the machine itself'],
    ['https://192.168.7.7', 'a private network'],
    ['https://100.64.1.1', 'a private network'],
    ['https://[64:ff9b::a00:1]', 'a private network'],
    ['https://[fd00::7]', 'a private network'],
  ])('%s is refused, and how to allow it is said', async (address, where) => {
    const [error, ...more] = await errorsOf(`  address: ${address}`);
    expect(more).toEqual([]);
    expect(error).toContain(where);
    expect(error).toContain('`network: private`');
    expect(await errorsOf(`  address: ${address}\n  network: private\n  plaintext: true`)).toEqual([]);
  });

  test.each([
    ['http://2130706433', '127.0.0.1'],
    ['http://0x7f000001', '127.0.0.1'],
    ['http://0177.0.0.1', '127.0.0.1'],
    ['http://[::ffff:10.0.0.1]', '10.0.0.1'],
  ])('%s is refused because it hides where it leads', async (address, meant) => {
    expect(await errorsOf(`  address: ${address}\n  network: private`)).toEqual([expect.stringContaining(meant)]);
  });

  test.each(['http://169.254.169.254', 'http://[64:ff9b::a9fe:a9fe]', 'http://[fe80::1]', 'http://224.0.0.1'])(
    '%s is refused whatever the connection says',
    async (address) => {
      const errors = await errorsOf(`  address: ${address}\n  network: private\n  plaintext: true`);
      expect(errors).toEqual([expect.stringContaining('link-local')]);
    },
  );

  test('over plain http needs a word, unless it stays on the machine', async () => {
    expect(await errorsOf('  address: http://shop.example')).toEqual([expect.stringContaining('`plaintext: true`')]);
    expect(await errorsOf('  address: http://shop.example\n  plaintext: true')).toEqual([]);
    expect(await errorsOf('  address: http://127.0.0.1\n  network: private')).toEqual([]);
  });
});

describe('a file of authorities', () => {
  const withFile = '  address: https://shop.example\n  tls: { ca: { file: ca.pem }, minVersion: "1.3" }';
  test('that is not there, or is none, is told', async () => {
    expect(await errorsOf(withFile)).toEqual([expect.stringContaining('cannot be read')]);
    expect(await errorsOf(withFile, { 'ca.pem': 'no certificate' })).toEqual([
      expect.stringContaining('without a certificate'),
    ]);
  });

  test('comes with the versions of TLS that there are', async () => {
    const errors = await errorsOf('  address: https://shop.example\n  tls: { minVersion: "1.1" }');
    expect(errors).toEqual([expect.stringMatching(/1\.2.*1\.3/)]);
  });
});
