import { type ErrorRule, errorRule } from '../../model/failure/error-rule.ts';
import { sorting } from '../../platform/outbound/errors/error-rules.ts';
import { checkProject } from '../../project/load.ts';
import { withProject } from '../support/temp-project.ts';
import { connectionTo, doorTo } from '../support/tools.ts';
import { json, withServer } from '../support/with-server.ts';

const rules: readonly ErrorRule[] = [
  { status: 200, at: '/errors/0/code', is: ['THROTTLED', 'BUSY'], code: 'RATE_LIMITED', retryAfter: 30_000 },
  { status: 200, at: '/errors', code: 'REQUEST_REJECTED' },
  { status: [404, 410], code: 'SERVER_ERROR' },
  { at: '/fault', is: false, code: 'FORBIDDEN', effect: 'none' },
];
const sort = sorting(rules, () => 0);
const answer = (status: number, body: unknown, headers: Record<string, string> = {}) => ({
  status,
  headers,
  body: Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)),
});

describe('an answer', () => {
  test.each([
    ['with an error inside a 200', answer(200, { errors: [{ code: 'BUSY' }] }), 'RATE_LIMITED'],
    ['with another error inside a 200', answer(200, { data: {}, errors: [{ code: 'X' }] }), 'REQUEST_REJECTED'],
    ['whose list of errors is empty', answer(200, { data: [1], errors: [] }), undefined],
    ['whose errors are null', answer(200, { data: [1], errors: null }), undefined],
    ['that is no JSON', answer(200, '<html>'), undefined],
    ['of a status that means something else', answer(404, ''), 'SERVER_ERROR'],
    ['with a value that says so', answer(202, { fault: false }), 'FORBIDDEN'],
    ['that no rule fits, by its status', answer(401, {}), 'AUTH_REJECTED'],
    ['that no rule fits, which the connector judges', answer(422, {}), undefined],
  ])('%s is sorted by the first rule that fits', (_what, given, code) => {
    expect(sort(given)?.code).toBe(code);
  });

  test('says how long to wait before the rule does, and a write within a 200 is in doubt', () => {
    const busy = { errors: [{ code: 'BUSY' }] };
    expect(sort(answer(200, busy))).toMatchObject({ retryAfterMs: 30_000, effect: 'unknown' });
    expect(sort(answer(200, busy, { 'retry-after': '7' }))).toMatchObject({ retryAfterMs: 7_000 });
    expect(sort(answer(404, ''))).toMatchObject({ effect: 'none' });
    expect(sort(answer(202, { fault: false }))).toMatchObject({ effect: 'none' });
  });
});

test('through the door a ruled limit holds for the other calls, and the message repeats nothing of the body', async () => {
  await withServer(
    (_, response) => json(response, { errors: [{ code: 'THROTTLED', hint: 'canary' }] }),
    async ({ address, requests }) => {
      const http = doorTo(connectionTo({ address }, { errors: rules }));
      const call = () =>
        http
          .request({ method: 'GET', path: '/', signal: new AbortController().signal })
          .catch((error: unknown) => error);
      const [first, second] = [await call(), await call()];
      http.close();
      expect(first).toMatchObject({ code: 'RATE_LIMITED', retryAfterMs: 30_000 });
      expect(String(first)).toContain('`/errors/0/code`');
      expect(String(first)).not.toContain('canary');
      expect(second).toMatchObject({ code: 'RATE_LIMITED' });
      expect(requests.length).toBe(1);
    },
  );
});

describe('a rule', () => {
  test('that fits every answer, or looks for a value nowhere, is refused', () => {
    expect(errorRule.safeParse({ code: 'FORBIDDEN' }).success).toBe(false);
    expect(errorRule.safeParse({ code: 'FORBIDDEN', status: 200, is: 'x' }).success).toBe(false);
    expect(errorRule.safeParse({ code: 'RECORD_REJECTED', status: 422 }).success).toBe(false);
  });

  test('is read from connections.yaml, and a mistake in it is told with its place', async () => {
    const yaml = (code: string) =>
      `shop:\n  kind: rest\n  address: https://shop.example\n  errors:\n    - { status: 404, code: ${code} }\n`;
    await withProject({ 'connections.yaml': yaml('NOT_FUOND') }, async (folder) => {
      const { problems } = await checkProject(folder, {});
      expect(problems.find(({ severity }) => severity === 'error')).toMatchObject({ line: 5 });
    });
    await withProject({ 'connections.yaml': yaml('SERVER_ERROR') }, async (folder) => {
      const { project } = await checkProject(folder, {});
      expect(project?.connections.get('shop')?.errors).toEqual([{ status: 404, code: 'SERVER_ERROR' }]);
    });
  });
});
