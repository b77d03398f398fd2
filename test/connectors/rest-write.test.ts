import type { IncomingHttpHeaders } from 'node:http';
import rest from '../../connectors/rest/index.ts';
import type { Destination, ItemOutcome, WriteItem } from '../../model/connector/connector.ts';
import { deliveryClass } from '../../model/sync/delivery.ts';
import { connectionTo, doorTo, httpTools } from '../support/tools.ts';
import { bodyOf, json, withServer } from '../support/with-server.ts';

type DestinationInput = Parameters<typeof rest.destination>[1];

interface Call {
  readonly line: string;
  readonly body: string;
  readonly headers: IncomingHttpHeaders;
}

/** What the system answers; `undefined` cuts the connection. */
type Answer =
  | { readonly status: number; readonly body?: unknown; readonly text?: string; readonly latin1?: true }
  | undefined;

async function withDestination<T>(
  answer: (call: Call) => Answer,
  options: DestinationInput,
  work: (destination: Destination, calls: readonly Call[]) => Promise<T>,
): Promise<T> {
  const calls: Call[] = [];
  return withServer(
    async (request, response) => {
      const call = { line: `${request.method} ${request.url}`, body: await bodyOf(request), headers: request.headers };
      calls.push(call);
      const given = answer(call);
      if (given === undefined) request.socket.destroy();
      else if (given.latin1) {
        response.writeHead(given.status, { 'content-type': 'application/json; charset=ISO-8859-1' });
        response.end(JSON.stringify(given.body), 'latin1');
      } else json(response, given.text ?? (given.body === undefined ? '' : JSON.stringify(given.body)), given.status);
    },
    async ({ address }) => {
      const connection = connectionTo({ address, headers: { 'X-Version': '7' } });
      const http = doorTo(connection);
      const settings = rest.connector.settings.parse(connection.settings);
      const parsed = rest.connector.destination.options.parse(options);
      try {
        return await work(rest.connector.destination.open({ ...connection, settings }, parsed, httpTools(http)), calls);
      } finally {
        http.close();
      }
    },
  );
}

const item = (key: string, more: Partial<WriteItem> = {}): WriteItem => ({
  key,
  op: 'upsert',
  json: JSON.stringify({ sku: key, name: `Name of ${key}` }),
  destinationId: null,
  ...more,
});

const write = (destination: Destination, items: readonly WriteItem[], id = 'request-1') =>
  destination.write({ id, fence: { sync: 's', number: 1 }, items, signal: new AbortController().signal });

const written = (answer: (call: Call) => Answer, options: DestinationInput, items: readonly WriteItem[]) =>
  withDestination(answer, options, (destination) => write(destination, items));

const ok = (body?: unknown): Answer => ({ status: 200, body });

describe('a form', () => {
  test('holds a record with names in brackets, every character as it was, and numbers to the last digit', async () => {
    const json =
      '{"name":"A & B=ü","at":{"city":"Bern","gone":null},"lines":[{"sku":"x"},{"sku":"y"}],"tags":["a","b"],"none":[],"big":12345678901234567890.5,"ok":true}';
    await withDestination(
      () => ({ status: 200, body: { id: 'cus_1' } }),
      { path: '/customers', encoding: 'form', id: 'id' },
      async (destination, calls) => {
        expect(await write(destination, [item('a', { json })])).toEqual([{ state: 'confirmed', id: 'cus_1' }]);
        expect(calls[0]?.headers['content-type']).toBe('application/x-www-form-urlencoded');
        expect([...new URLSearchParams(calls[0]?.body)]).toEqual([
          ...[
            ['name', 'A & B=ü'],
            ['at[city]', 'Bern'],
            ['at[gone]', ''],
          ],
          ...[
            ['lines[0][sku]', 'x'],
            ['lines[1][sku]', 'y'],
            ['tags[0]', 'a'],
            ['tags[1]', 'b'],
          ],
          ...[
            ['big', '12345678901234567890.5'],
            ['ok', 'true'],
          ],
        ]);
      },
    );
  });

  test('holds one record: a bulk write has none', () => {
    const parsed = rest.connector.destination.options.safeParse({ path: '/c', encoding: 'form', bulk: {} });
    expect(parsed.error?.issues.map(({ path }) => path.join('.'))).toEqual(['encoding']);
  });
});

describe('a single write', () => {
  test('sends the record as it is, with the headers of the connection and the idempotency key', async () => {
    const options: DestinationInput = {
      path: '/things',
      idempotencyKey: { hours: 24 },
      id: '/data/id',
      query: { dry: false },
    };
    await withDestination(
      () => ok({ data: { id: 17 } }),
      options,
      async (destination, calls) => {
        expect(await write(destination, [item('a')])).toEqual([{ state: 'confirmed', id: '17' }]);
        expect(calls.map(({ line, body }) => [line, body])).toEqual([['POST /things?dry=false', item('a').json]]);
        expect(calls[0]?.headers).toMatchObject({
          'content-type': 'application/json',
          'x-version': '7',
          'idempotency-key': 'request-1',
        });
        expect(destination.limits.records).toBe(1);
        expect(deliveryClass(destination.can)).toBe('T2');
      },
    );
  });

  test('puts the key into the path, whatever it holds', async () => {
    await withDestination(
      () => ok(),
      { path: '/things/{key}', method: 'PUT', upsert: true },
      async (destination, calls) => {
        await write(destination, [item('a/b ?#ä')]);
        expect(calls[0]?.line).toBe('PUT /things/a%2Fb%20%3F%23%C3%A4');
        expect(deliveryClass(destination.can)).toBe('T3');
      },
    );
  });

  test.each(['v→2', 'two\nlines', ''])('refuses the record whose version %p no header can carry', async (tag) => {
    const options: DestinationInput = {
      path: '/things/{key}',
      method: 'PUT',
      key: 'sku',
      lookup: { path: '/things/{key}' },
      ifMatch: { field: 'tag' },
    };
    await withDestination(
      () => ok(),
      options,
      async (destination, calls) => {
        expect(await write(destination, [item('a', { exists: true, tag })])).toMatchObject([
          { state: 'rejected', code: 'RECORD_REJECTED', field: 'tag' },
        ]);
        expect(calls).toEqual([]);
      },
    );
  });

  test.each(['', '.', '..', '\ud800'])('refuses the record whose key %p would lead elsewhere', async (key) => {
    await withDestination(
      () => ok(),
      { path: '/things/{key}', method: 'PUT' },
      async (destination, calls) => {
        expect(await write(destination, [item(key)])).toMatchObject([{ state: 'rejected', code: 'RECORD_REJECTED' }]);
        expect(calls).toEqual([]);
      },
    );
  });

  test('updates by the id of the destination once it is known', async () => {
    const options: DestinationInput = { path: '/things', update: { path: '/things/{id}' } };
    await withDestination(
      () => ok(),
      options,
      async (destination, calls) => {
        await write(destination, [item('a', { destinationId: 'no 7' })]);
        await write(destination, [item('b')]);
        expect(calls.map(({ line }) => line)).toEqual(['PATCH /things/no%207', 'POST /things']);
        expect(deliveryClass(destination.can)).toBe('T5');
      },
    );
  });

  const answered = (answer: Answer, options: DestinationInput = { path: '/things' }) =>
    written(() => answer, options, [item('a')]);

  test.each([
    [400, 'RECORD_REJECTED'],
    [422, 'RECORD_REJECTED'],
    [409, 'CONFLICT'],
    [412, 'CONFLICT'],
  ])('answered %d is rejected as %s', async (status, code) => {
    const outcomes = await answered({ status, body: { errors: [{ field: 'name', message: 'is too long' }] } });
    expect(outcomes).toEqual([{ state: 'rejected', code, reason: 'is too long', field: 'name' }]);
  });

  test.each([
    [409, 'TIMEOUT'],
    [422, 'IDEMPOTENCY_MISMATCH'],
  ])('answered %d of the key, not of the record, leaves the request in doubt as %s', async (status, code) => {
    const idempotencyKey = { hours: 24, busy: [409 as const], mismatch: [422 as const] };
    await expect(answered({ status, body: {} }, { path: '/things', idempotencyKey })).rejects.toMatchObject({
      code,
      effect: 'unknown',
    });
  });

  test('answered 400 without a body is rejected all the same', async () => {
    expect(await answered({ status: 400 })).toEqual([
      { state: 'rejected', code: 'RECORD_REJECTED', reason: 'answered 400' },
    ]);
  });

  test('answered 404 says that the record is gone, or that the path is wrong', async () => {
    expect(await answered({ status: 404 }, { path: '/things/{key}', method: 'PUT' })).toMatchObject([
      { state: 'rejected', code: 'CONFLICT' },
    ]);
    await expect(answered({ status: 404 })).rejects.toMatchObject({ code: 'NOT_FOUND', effect: 'none' });
  });

  test('answered 413 is BATCH_LIMIT', async () => {
    await expect(answered({ status: 413 })).rejects.toMatchObject({ code: 'BATCH_LIMIT', effect: 'none' });
  });

  test('answered 500, or not at all, is in doubt', async () => {
    await expect(answered({ status: 500 })).rejects.toMatchObject({ code: 'SERVER_ERROR', effect: 'unknown' });
    await expect(answered(undefined)).rejects.toMatchObject({ code: 'CONNECTION_LOST', effect: 'unknown' });
  });

  test('answered 200 with something else than JSON is in doubt: a proxy may have said it', async () => {
    await expect(
      written(() => ({ status: 200, text: '<html>log in</html>' }), { path: '/things' }, [item('a')]),
    ).rejects.toMatchObject({
      code: 'RESPONSE_NOT_JSON',
      effect: 'unknown',
    });
    await expect(
      written(() => ({ status: 422, text: '<html>no</html>' }), { path: '/things' }, [item('a')]),
    ).resolves.toMatchObject([{ state: 'rejected', code: 'RECORD_REJECTED' }]);
  });

  test('whose record does not hold its key in the stated field is refused before it is sent', async () => {
    await withDestination(
      () => ok(),
      { path: '/things', key: 'sku' },
      async (destination, calls) => {
        const wrong = item('a', { json: '{"sku":"b"}' });
        await expect(write(destination, [wrong])).rejects.toMatchObject({ code: 'REQUEST_REJECTED', effect: 'none' });
        expect(calls).toEqual([]);
      },
    );
  });
});

describe('a bulk write', () => {
  const plain: DestinationInput = { path: '/bulk', bulk: {} };
  const withResults: DestinationInput = {
    path: '/bulk',
    bulk: {
      list: '/data/the~1items',
      results: {
        list: '/results',
        status: 'status',
        key: 'sku',
        id: 'id',
        message: '/error/message',
        field: '/error/field',
      },
    },
  };
  const results = (...list: unknown[]) => ok({ results: list });
  const three = [item('a'), item('b'), item('c')];
  const states = (outcomes: readonly ItemOutcome[]) => outcomes.map(({ state }) => state);

  test('sends a list, or a list where it belongs', async () => {
    await withDestination(
      () => ok(),
      plain,
      async (destination, calls) => {
        await write(destination, three);
        expect(JSON.parse(calls[0]?.body ?? '')).toEqual(three.map(({ json: text }) => JSON.parse(text)));
      },
    );
    await withDestination(
      () => results(),
      withResults,
      async (destination, calls) => {
        await write(destination, three);
        expect(Object.keys(JSON.parse(calls[0]?.body ?? '').data)).toEqual(['the/items']);
      },
    );
  });

  test('without results in the answer is confirmed as a whole', async () => {
    expect(states(await written(() => ok(), plain, three))).toEqual(['confirmed', 'confirmed', 'confirmed']);
  });

  test('takes the result of each item, in their order', async () => {
    const answer = results(
      { status: 'created', id: 'no-1' },
      { status: 'rejected', error: { field: 'name', message: 'is reserved' } },
      { status: 409, error: { message: 'newer there' } },
    );
    expect(await written(() => answer, withResults, three)).toEqual([
      { state: 'confirmed', id: 'no-1' },
      { state: 'rejected', code: 'RECORD_REJECTED', reason: 'is reserved', field: 'name' },
      { state: 'rejected', code: 'CONFLICT', reason: 'newer there' },
    ]);
  });

  test('takes the results by key where they come in another order', async () => {
    const answer = results(
      { sku: 'c', status: 201, id: 3 },
      { sku: 'a', status: 200, id: 1 },
      { sku: 'b', status: 422 },
    );
    expect(await written(() => answer, withResults, three)).toMatchObject([
      { state: 'confirmed', id: '1' },
      { state: 'rejected' },
      { state: 'confirmed', id: '3' },
    ]);
  });

  test('takes the results by their order where a refused one names no key', async () => {
    const answer = results({ sku: 'a', status: true }, { sku: null, status: false }, { sku: 'c', status: true });
    expect(states(await written(() => answer, withResults, three))).toEqual(['confirmed', 'rejected', 'confirmed']);
  });

  test.each<[name: string, answer: Answer]>([
    ['too few results', results({ status: 'ok' }, { status: 'ok' })],
    ['too many results', results({ status: 'ok' }, { status: 'ok' }, { status: 'ok' }, { status: 'ok' })],
    ['results of other keys', results({ sku: 'x', status: 1 }, { sku: 'y', status: 1 }, { sku: 'z', status: 1 })],
    ['no result of a key', results({ status: 'ok' }, { sku: 'b' })],
    ['no list of results', ok({ results: 'fine' })],
    ['no body', ok()],
    ['a conflict that names no item', { status: 409, body: {} }],
  ])('with %s is unknown for every item', async (_name, answer) => {
    expect(states(await written(() => answer, withResults, three))).toEqual(['unknown', 'unknown', 'unknown']);
  });

  test('takes what results there are by key; a record without one, or with two, is unknown', async () => {
    const answer = results(
      { sku: 'b', status: 200 },
      { sku: 'b', status: 422 },
      { sku: 'c', status: 422, error: { message: 'no' } },
    );
    expect(await written(() => answer, withResults, three)).toEqual([
      { state: 'unknown' },
      { state: 'unknown' },
      { state: 'rejected', code: 'RECORD_REJECTED', reason: 'no' },
    ]);
  });

  test('takes refusals from a list of their own, by the key that each names', async () => {
    const bulk = {
      results: { list: '/results', status: 's', key: 'sku', errors: { list: '/errors', key: '/at/ids' } },
    };
    const answer = (body: object) => () => ({ status: 207, body });
    const errors = [{ message: 'is reserved', at: { ids: ['b'] } }];
    expect(await written(answer({ results: [{ sku: 'a', s: 200 }], errors }), { path: '/bulk', bulk }, three)).toEqual([
      { state: 'confirmed' },
      { state: 'rejected', code: 'RECORD_REJECTED', reason: 'is reserved' },
      { state: 'unknown' },
    ]);
    expect(states(await written(answer({ errors }), { path: '/bulk', bulk }, three))).toEqual([
      'unknown',
      'rejected',
      'unknown',
    ]);
  });

  test.each<[name: string, body: unknown]>([
    ['a list of errors', { errors: [{ message: 'is reserved' }] }],
    ['`ok: false`', { ok: false, error: 'is reserved' }],
    ['`success: false`', { success: false, message: 'is reserved' }],
  ])('answered 200 with %s says nothing of many records, and refuses one', async (_name, body) => {
    const refused = [{ state: 'rejected', code: 'RECORD_REJECTED', reason: 'is reserved' }];
    const answer = () => ({ status: 200, body });
    expect(states(await written(answer, plain, three))).toEqual(['unknown', 'unknown', 'unknown']);
    expect(await written(answer, plain, [item('a')])).toEqual(refused);
    expect(await written(answer, withResults, [item('a')])).toEqual(refused);
    expect(await written(answer, { path: '/things' }, [item('a')])).toEqual(refused);
  });

  test('answered with the record itself is no refusal, whatever its fields are called', async () => {
    const record = { sku: 'a', ok: false, errors: ['seen'] };
    const echo = () => ({ status: 200, body: record });
    const echoed = item('a', { json: JSON.stringify(record) });
    expect(states(await written(echo, { path: '/things' }, [echoed]))).toEqual(['confirmed']);
  });

  test('with an item that failed for a while, or says nothing, is unknown for that item', async () => {
    const answer = results({ status: 503 }, { status: 200 }, { id: 1 });
    expect(states(await written(() => answer, withResults, three))).toEqual(['unknown', 'confirmed', 'unknown']);
  });

  test('knows success by the values stated', async () => {
    const options: DestinationInput = { path: '/bulk', bulk: { results: { list: '', status: 's', ok: [0, 'saved'] } } };
    const answer = ok([{ s: 0 }, { s: 'saved' }, { s: 'created' }]);
    expect(states(await written(() => answer, options, three))).toEqual(['confirmed', 'confirmed', 'rejected']);
  });

  test('answered 207 without stated results is unknown for every item', async () => {
    expect(states(await written(() => ({ status: 207, body: {} }), plain, three))).toEqual(Array(3).fill('unknown'));
  });

  test('answered 400 or 422 with results honours them', async () => {
    const list = [{ status: 200 }, { status: 422, error: { field: 'name' } }, { status: 200 }];
    const outcomes = await written(() => ({ status: 422, body: { results: list } }), withResults, three);
    expect(states(outcomes)).toEqual(['confirmed', 'rejected', 'confirmed']);
  });

  test.each([400, 422])('answered %d without results is REQUEST_REJECTED, to be halved', async (status) => {
    const failure = written(() => ({ status, body: { message: 'canary' } }), withResults, three);
    await expect(failure).rejects.toMatchObject({ code: 'REQUEST_REJECTED', effect: 'none' });
    await expect(failure).rejects.not.toThrow('canary');
  });

  test('of one record answered 422 rejects the record: halving has come to its end', async () => {
    const outcomes = await written(() => ({ status: 422, body: { message: 'no such colour' } }), withResults, [
      item('a'),
    ]);
    expect(outcomes).toEqual([{ state: 'rejected', code: 'RECORD_REJECTED', reason: 'no such colour' }]);
  });

  test('answered 413 is BATCH_LIMIT', async () => {
    await expect(written(() => ({ status: 413 }), plain, three)).rejects.toMatchObject({
      code: 'BATCH_LIMIT',
      effect: 'none',
    });
  });

  test('over the stated bytes is BATCH_LIMIT before it is sent', async () => {
    await withDestination(
      () => ok(),
      { ...plain, maxBytes: 1024 },
      async (destination, calls) => {
        const large = item('a', { json: JSON.stringify({ text: 'ä'.repeat(600) }) });
        await expect(write(destination, [large])).rejects.toMatchObject({ code: 'BATCH_LIMIT', effect: 'none' });
        expect(calls).toEqual([]);
      },
    );
  });

  test('keeps the order of writes and deletions, with a key of its own for each request', async () => {
    const options: DestinationInput = { ...plain, delete: { path: '/things/{key}' }, idempotencyKey: { hours: 1 } };
    const items = [item('a'), item('b'), item('c', { op: 'delete', json: '' }), item('d')];
    await withDestination(
      () => ok(),
      options,
      async (destination, calls) => {
        expect(states(await write(destination, items))).toEqual(Array(4).fill('confirmed'));
        expect(calls.map(({ line }) => line)).toEqual(['POST /bulk', 'DELETE /things/c', 'POST /bulk']);
        expect(new Set(calls.map(({ headers }) => headers['idempotency-key'])).size).toBe(3);
      },
    );
  });

  test('that fails after an earlier part of it was written is in doubt', async () => {
    const options: DestinationInput = { ...plain, delete: { path: '/things/{key}' } };
    const items = [item('a'), item('c', { op: 'delete', json: '' })];
    const answer = ({ line }: Call) => (line.startsWith('DELETE') ? { status: 429 } : ok());
    await expect(written(answer, options, items)).rejects.toMatchObject({ code: 'RATE_LIMITED', effect: 'unknown' });
  });
});

describe('keys that the destination folds', () => {
  const folding: DestinationInput = {
    path: '/bulk',
    key: 'sku',
    keyAs: ['no-leading-zeros', 'lower', 'trim'],
    bulk: { results: { list: '/ok', status: 'status', key: 'sku', errors: { list: '/bad', key: 'sku' } } },
    lookup: { path: '/things', query: { ids: '{keys}' }, records: '' },
    delete: { path: '/things/{key}' },
  };

  test('are told before they are written, each as the destination knows it', async () => {
    await withDestination(
      () => ok(),
      folding,
      async ({ identify }) => {
        const items = ['b', 'B', ' 0a ', '000', '0.5', 'ÄB'].map((key) => item(key));
        const told = await identify?.(items, new AbortController().signal);
        expect([...(told ?? [])]).toEqual([
          [1, 'b'],
          [2, 'a'],
          [3, '0'],
          [5, 'äb'],
        ]);
      },
    );
  });

  test('are told by the destination itself where its own ids stand in a path', async () => {
    const byId: DestinationInput = { ...folding, delete: { path: '/things/{id}' } };
    await withDestination(
      () => ok(),
      byId,
      async ({ identify }) => expect(identify).toBeUndefined(),
    );
  });

  test('name results and refused records in the spelling of the destination', async () => {
    const answer = ok({
      ok: [
        { sku: 7, status: 200 },
        { sku: 'a', status: 200 },
      ],
      bad: [{ sku: 'b', message: 'no' }],
    });
    expect(await written(() => answer, folding, [item('A'), item('B'), item('007')])).toEqual([
      { state: 'confirmed' },
      { state: 'rejected', code: 'RECORD_REJECTED', reason: 'no' },
      { state: 'confirmed' },
    ]);
  });

  test('are looked up as the destination knows them, and its records are taken for those of every spelling', async () => {
    const record = { sku: 'a', name: 'Name of A' };
    await withDestination(
      () => ok([record]),
      folding,
      async ({ read, same }, calls) => {
        const found = await read?.(['A', ' a', 'B'], new AbortController().signal);
        expect([...(found ?? [])]).toEqual([
          ['A', { record }],
          [' a', { record }],
        ]);
        expect(calls.map(({ line }) => decodeURIComponent(line))).toEqual(['GET /things?ids=a,b']);
        expect(same?.(JSON.parse(item('A').json), record)).toBe(true);
        expect(same?.(JSON.parse(item('B').json), record)).toBe(false);
        expect(same?.({ ...record, name: 'NAME OF A' }, record)).toBe(false);
      },
    );
  });

  test('stand in a path as the destination knows them', async () => {
    await withDestination(
      () => ok(),
      folding,
      async (destination, calls) => {
        await write(destination, [item(' 0A', { op: 'delete', json: '' })]);
        expect(calls[0]?.line).toBe('DELETE /things/a');
      },
    );
  });

  test('may have been folded by the mapping already', async () => {
    const outcome = await written(() => ok(), { path: '/things', key: 'sku', keyAs: 'lower' }, [
      item('A', { json: '{"sku":"a"}' }),
    ]);
    expect(outcome).toEqual([{ state: 'confirmed' }]);
  });

  test('have one case', () => {
    const both = rest.connector.destination.options.safeParse({ path: '/x', keyAs: ['lower', 'upper'] });
    expect(both.error?.issues.map(({ path }) => path.join('.'))).toEqual(['keyAs']);
  });
});

describe('a deletion', () => {
  const gone = item('a', { op: 'delete', json: '', destinationId: '7' });
  const options: DestinationInput = { path: '/things', delete: { path: '/things/{id}' } };

  test.each([200, 204, 404, 410])('answered %d is done', async (status) => {
    expect(await written(() => ({ status }), options, [gone])).toEqual([{ state: 'confirmed' }]);
  });

  test('of a record whose id is not known is rejected', async () => {
    const unknown = { ...gone, destinationId: null };
    expect(await written(() => ok(), options, [unknown])).toMatchObject([{ state: 'rejected' }]);
  });

  test('that the sync does not describe is REQUEST_REJECTED', async () => {
    await expect(written(() => ok(), { path: '/things' }, [gone])).rejects.toMatchObject({
      code: 'REQUEST_REJECTED',
      effect: 'none',
    });
  });
});

describe('a look-up', () => {
  const lookedUp = (answer: (call: Call) => Answer, options: DestinationInput, keys: readonly string[]) =>
    withDestination(answer, options, async (destination, calls) => ({
      found: [...((await destination.read?.(keys, new AbortController().signal)) ?? [])],
      calls: calls.map(({ line }) => decodeURIComponent(line)),
    }));

  test('by path finds the record, or 404', async () => {
    const options: DestinationInput = { path: '/things', lookup: { path: '/things/{key}', id: 'id', lagMs: 500 } };
    const answer = ({ line }: Call): Answer => (line.endsWith('/a') ? ok({ id: 7, sku: 'a' }) : { status: 404 });
    const { found, calls } = await lookedUp(answer, options, ['a', 'b']);
    expect(found).toEqual([['a', { id: '7', record: { id: 7, sku: 'a' } }]]);
    expect(calls.sort()).toEqual(['GET /things/a', 'GET /things/b']);
  });

  test('reads an answer in the charset that it declares', async () => {
    const options: DestinationInput = { path: '/things', lookup: { path: '/things/{key}', id: 'id', lagMs: 500 } };
    const record = { id: 7, sku: 'a', name: 'Müller' };
    const { found } = await lookedUp(() => ({ status: 200, body: record, latin1: true }), options, ['a']);
    expect(found).toEqual([['a', { id: '7', record }]]);
    const outcomes = await written(
      () => ({ status: 201, body: { id: 'Ä7' }, latin1: true }),
      { path: '/things', id: 'id' },
      [item('a')],
    );
    expect(outcomes).toEqual([{ state: 'confirmed', id: 'Ä7' }]);
  });

  test('gives the delivery class T4 by itself', async () => {
    const options: DestinationInput = { path: '/things', lookup: { path: '/things/{key}', lagMs: 500 } };
    await withDestination(
      () => ok(),
      options,
      async ({ can }) => {
        expect(can.lookupLagMs).toBe(500);
        expect(deliveryClass(can)).toBe('T4');
      },
    );
  });

  test('by a filter takes only the record that has the key', async () => {
    const options: DestinationInput = {
      path: '/things',
      key: 'sku',
      lookup: { path: '/things', query: { filter: 'sku = "{key}"' }, records: '/items' },
    };
    const answer = (): Answer => ok({ items: [{ sku: 'A' }, { sku: 'say "a"' }] });
    const { found, calls } = await lookedUp(answer, options, ['say "a"']);
    expect(found).toEqual([['say "a"', { record: { sku: 'say "a"' } }]]);
    expect(calls[0]?.replaceAll('+', ' ')).toBe('GET /things?filter=sku = "say \\"a\\""');
  });

  test('by many keys at once asks in groups', async () => {
    const options: DestinationInput = {
      path: '/things',
      key: 'sku',
      lookup: { path: '/things', query: { ids: '{keys}' }, records: '', maxKeys: 2 },
    };
    const answer = ({ line }: Call): Answer =>
      ok((new URL(line.slice(4), 'http://x').searchParams.get('ids') ?? '').split(',').map((sku) => ({ sku })));
    const { found, calls } = await lookedUp(answer, options, ['a', 'b', 'c']);
    expect(found.map(([key]) => key).sort()).toEqual(['a', 'b', 'c']);
    expect(calls.sort()).toEqual(['GET /things?ids=a,b', 'GET /things?ids=c']);
  });

  test('by many keys may write each in a form', async () => {
    const options: DestinationInput = {
      path: '/things',
      key: 'sku',
      lookup: {
        path: '/things',
        query: { filter: '({keys})' },
        each: "sku='{key}'",
        join: '||',
        quotes: 'double',
        records: '',
      },
    };
    const { calls } = await lookedUp(() => ok([]), options, ["o'x", 'b']);
    expect(calls).toEqual(["GET /things?filter=(sku='o''x'||sku='b')"]);
  });

  test('refuses a key that holds the separator, as its record would seem absent', async () => {
    const options: DestinationInput = {
      path: '/x',
      key: 'sku',
      lookup: { path: '/x', query: { ids: '{keys}' }, records: '' },
    };
    await expect(lookedUp(() => ok([]), options, ['a,b'])).rejects.toMatchObject({ code: 'REQUEST_REJECTED' });
  });

  test('that is answered 400 is no proof of absence', async () => {
    const options: DestinationInput = { path: '/x', lookup: { path: '/x/{key}' } };
    await expect(lookedUp(() => ({ status: 400 }), options, ['a'])).rejects.toMatchObject({ code: 'REQUEST_REJECTED' });
  });
});

test.each([
  ['a key in the path of a bulk write', { path: '/x/{key}', bulk: {} }],
  ['an id in the path of a first write', { path: '/x/{id}' }],
  ['an update with a bulk write', { path: '/x', bulk: {}, update: { path: '/x/{id}' } }],
  ['a number of records without bulk', { path: '/x', maxRecords: 10 }],
  ['a deletion of nothing in particular', { path: '/x', delete: { path: '/x' } }],
  ['a look-up of nothing in particular', { path: '/x', lookup: { path: '/x' } }],
  ['a look-up of many without a key', { path: '/x', lookup: { path: '/x', query: { ids: '{keys}' } } }],
])('options with %s are refused', (_name, options) => {
  expect(rest.connector.destination.options.safeParse(options).success).toBe(false);
});
