import fc from 'fast-check';
import { z } from 'zod';
import { authSpec } from '../../model/connection/auth.ts';
import { secretShown } from '../../model/connection/secret.ts';
import { hiddenFields, personal, secret } from '../../model/record/field-marks.ts';
import { maskJson } from '../../platform/outbound/journal/mask-json.ts';
import { redactor } from '../../platform/outbound/journal/redact.ts';
import { type KnownSecrets, knownSecrets } from '../../platform/secrets/known.ts';

const none = knownSecrets();

function knowing(values: Readonly<Record<string, string>>): KnownSecrets {
  const secrets = knownSecrets();
  for (const [name, value] of Object.entries(values)) secrets.note(value, secretShown({ env: name }));
  return secrets;
}

const json = 'application/json';
const bearer = { auth: { kind: 'bearer', token: { env: 'TOKEN' } } } as const;

describe('fields that are marked', () => {
  const schema = z.object({
    id: z.string(),
    customer: z.object({ email: personal(z.email()).nullable(), address: personal(z.object({ city: z.string() })) }),
    notes: z.array(z.object({ text: personal(z.string()).optional(), at: z.string() })).default([]),
    login: z.union([z.object({ pin: secret(z.string()) }), z.null()]),
  });

  test('are found behind every wrapper, and a mark covers what lies below it', () => {
    expect(hiddenFields(schema)).toEqual([
      ['customer', 'email'],
      ['customer', 'address'],
      ['notes', 'text'],
      ['login', 'pin'],
    ]);
  });

  test('keep the schema as it was', () => {
    expect(personal(z.string().min(3)).safeParse('ab').success).toBe(false);
    expect(personal(z.string().meta({ title: 'Name' })).meta()).toMatchObject({ title: 'Name' });
  });

  test('are masked below whatever the system wraps its records in, and only there', () => {
    const redact = redactor({}, hiddenFields(schema), none);
    const order = {
      id: '1',
      customer: { email: 'a@b.example', address: { city: 'Bern' } },
      notes: [{ text: 'x', at: 'y' }],
    };
    const masked = redact.body(
      JSON.stringify({ data: { items: [order, order] }, email: 'shop@b.example' }),
      json,
      false,
    );
    const kept = {
      id: '1',
      customer: { email: '[redacted]', address: '[redacted]' },
      notes: [{ text: '[redacted]', at: 'y' }],
    };
    expect(JSON.parse(masked ?? '')).toEqual({ data: { items: [kept, kept] }, email: 'shop@b.example' });
  });

  test('are masked in a form too', () => {
    const redact = redactor({}, [['customer', 'email'], ['at']], none);
    const text = 'amount=5&customer[email]=a%40b.example&email=c&items%5B0%5D%5Bat%5D%5Bcity%5D=Bern';
    expect(redact.body(text, 'application/x-www-form-urlencoded', false)).toBe(
      'amount=5&customer[email]=[redacted]&email=c&items%5B0%5D%5Bat%5D%5Bcity%5D=[redacted]',
    );
  });
});

describe('masking JSON', () => {
  const hides = (path: readonly string[]) => path.at(-1) === 'pin';

  test('never shows a hidden value, however the text is cut, and changes nothing else', () => {
    const leaf = fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.constant(null));
    const tree = fc.letrec((tie) => ({
      value: fc.oneof(
        leaf,
        fc.array(tie('value'), { maxLength: 3 }),
        fc.dictionary(fc.string(), tie('value'), { maxKeys: 3 }),
      ),
    })).value;
    fc.assert(
      fc.property(fc.array(tree, { maxLength: 4 }), fc.boolean(), fc.nat(400), (values, spaced, cut) => {
        const canary = { inner: ['canary', { deep: 'canary"}' }], text: 'can\\"ary' };
        const record = { before: values, pin: canary, 'q"uote': { pin: 'canary' }, after: [{ pin: 12 }, values] };
        const text = JSON.stringify(record, undefined, spaced ? 2 : 0);
        const masked = maskJson(text, hides);
        expect(JSON.parse(masked)).toEqual({
          before: values.map(withoutPins),
          pin: '[redacted]',
          'q"uote': { pin: '[redacted]' },
          after: [{ pin: '[redacted]' }, values.map(withoutPins)],
        });
        expect(maskJson(text.slice(0, cut), hides)).not.toContain('canary');
      }),
    );
  });

  test('leaves alone what is no JSON', () => {
    for (const text of ['', '<html>"pin": 1</html>', 'a,b\n"c",d', '"pin"', '{"pin"', ']}{"', '"\\'])
      expect(maskJson(text, hides)).toBe(text);
  });
});

const withoutPins = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(withoutPins);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [name, name === 'pin' ? '[redacted]' : withoutPins(inner)]),
  );
};

describe('credentials', () => {
  test('are masked by the names of headers; the scheme and the name of the secret stay', async () => {
    const redact = redactor(bearer, [], knowing({ TOKEN: 'canary-token' }));
    expect(
      redact.headers({
        authorization: 'Bearer canary-token',
        cookie: 'session=1',
        'set-cookie': 'session=2',
        'x-api-key': 'k',
        accept: 'application/json',
      }),
    ).toEqual({
      authorization: 'Bearer [secret:TOKEN]',
      cookie: '[redacted]',
      'set-cookie': '[redacted]',
      'x-api-key': '[redacted]',
      accept: 'application/json',
    });
    expect(redact.headers({ authorization: 'Basic dXNlcjpwYXNz' })).toEqual({ authorization: 'Basic [redacted]' });
  });

  test('are masked in the header that the connection names', () => {
    const auth = { kind: 'api-key', header: 'X-Shop', value: { env: 'KEY' } } as const;
    expect(redactor({ auth }, [], none).headers({ 'x-shop': 'abc', 'x-other': 'abc' })).toEqual({
      'x-shop': '[redacted]',
      'x-other': 'abc',
    });
  });

  test('are masked where a signed request carries its signature, in headers and in the query', () => {
    const auth = authSpec.parse({
      ...{ kind: 'hmac', secret: { env: 'KEY' }, signs: '{method}' },
      ...{ headers: { 'X-Proof': '{signature}' }, query: { proof: '{signature}' } },
    });
    const redact = redactor({ auth }, [], none);
    expect(redact.headers({ 'x-proof': 'abc', 'x-other': 'abc' })).toEqual({
      'x-proof': '[redacted]',
      'x-other': 'abc',
    });
    expect(redact.url(new URL('https://shop.example/?proof=abc&other=abc'))).toBe(
      'https://shop.example/?proof=[redacted]&other=abc',
    );
  });

  test('are masked in an address, and the token that leads to the next page is not', () => {
    const url = new URL('https://shop.example/orders?access_token=abc&pageToken=p1&limit=5');
    expect(redactor({}, [], none).url(url)).toBe(
      'https://shop.example/orders?access_token=[redacted]&pageToken=p1&limit=5',
    );
  });

  test('are masked by their names in a body', () => {
    const body = '{"identity":"me","password":"abc","session":{"token":"t"},"nextPageToken":"n"}';
    expect(redactor({}, [], none).body(body, json, false)).toBe(
      '{"identity":"me","password":"[redacted]","session":{"token":"[redacted]"},"nextPageToken":"n"}',
    );
  });

  test('are masked by value, in each way that they may be written', async () => {
    const value = 'can"ary/ 7+';
    const redact = redactor({}, [], knowing({ KEY: value }));
    const inForm = new URLSearchParams({ value }).toString().replace('value=', '');
    const forms = [value, encodeURIComponent(value), inForm, Buffer.from(value).toString('base64')];
    const text = [JSON.stringify(value), ...forms].join('\n');
    expect(redact.body(text, 'text/plain', false)).toBe(`"[secret:KEY]"${'\n[secret:KEY]'.repeat(4)}`);
  });

  test('are masked whole where one is the beginning of another', () => {
    const secrets = knowing({ SHORT: 'canary-of-shop', LONG: 'canary-of-shop-and-more' });
    expect(secrets.mask('canary-of-shop-and-more, canary-of-shop')).toBe('[secret:LONG], [secret:SHORT]');
  });

  test('are masked where the end of a cut body is the beginning of one', async () => {
    const redact = redactor({}, [], knowing({ KEY: 'canary-value' }));
    expect(redact.body('said: canary-v', 'text/plain', true)).toBe('said: [secret:KEY]');
    expect(redact.body('said: canary-v', 'text/plain', false)).toBe('said: canary-v');
  });

  test('are masked by their shape, whoever sent them', () => {
    expect(redactor({}, [], none).body('your key sk_live_abcdef123 expired', 'text/plain', false)).toBe(
      'your key [redacted] expired',
    );
  });

  test('are ours alone to name: what others write like a masked one is changed', async () => {
    const redact = redactor({}, [], await knowing({ KEY: 'canary-value' }));
    expect(redact.body('[secret:HOME] canary-value', 'text/plain', false)).toBe('[secret HOME] [secret:KEY]');
  });

  test('that were replaced are masked still', async () => {
    const secrets = knownSecrets();
    const shown = secretShown({ file: '/run/secrets/shop-key' });
    secrets.note('first-canary', shown);
    secrets.note('second-canary', shown);
    expect(secrets.mask('first-canary second-canary')).toBe('[secret:SHOP_KEY] [secret:SHOP_KEY]');
  });
});

test('a body that is no text is not kept', () => {
  const bytes = Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 1, 2, 3, 255, 254]);
  expect(redactor({}, [], none).body(bytes.toString('utf8'), undefined, false)).toBeNull();
});
