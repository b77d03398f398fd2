import type { RequestListener } from 'node:http';
import { setTimeout } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import rest from '../../connectors/rest/index.ts';
import type { Page, Position, Source } from '../../model/connector/connector.ts';
import { isSyncFailure, type SyncFailure } from '../../model/failure/failure.ts';
import type { Json } from '../../model/record/json.ts';
import { connectionTo, doorTo, httpTools } from '../support/tools.ts';
import { json, withServer } from '../support/with-server.ts';

type SourceInput = Parameters<typeof rest.source>[1];

/** Runs `work` with a source on a server that answers like this; `seen` holds the requests. */
async function withSource<T>(
  handle: RequestListener | ((url: URL) => unknown),
  options: Omit<SourceInput, 'path'> & { path?: string },
  work: (source: Source, seen: readonly string[], address: string) => Promise<T>,
): Promise<T> {
  return withServer(listenerOf(handle), async ({ address, requests }) => {
    const connection = connectionTo({ address: `${address}/api` }, { timeoutMs: 600_000 });
    const http = doorTo(connection);
    const settings = rest.connector.settings.parse(connection.settings);
    const parsed = rest.connector.source.options.parse({ path: '/items', ...options });
    try {
      return await work(
        rest.connector.source.open({ ...connection, settings }, parsed, httpTools(http)),
        requests,
        address,
      );
    } finally {
      http.close();
    }
  });
}

/** A function of one parameter answers JSON for an address. */
const listenerOf = (handle: RequestListener | ((url: URL) => unknown)): RequestListener =>
  handle.length > 1
    ? (handle as RequestListener)
    : (request, response) => json(response, (handle as (url: URL) => unknown)(new URL(request.url ?? '/', 'http://x')));

async function pagesOf(
  source: Source,
  since: string | number | null = null,
  position: Position = null,
): Promise<Page[]> {
  const pages: Page[] = [];
  const signal = new AbortController().signal;
  for await (const page of source.read({ position, since, signal })) {
    pages.push(page);
    if (pages.length > 50) throw new Error('the read does not end');
  }
  return pages;
}

const recordsOf = (pages: readonly Page[]): Json[] => pages.flatMap(({ records }) => records);

async function failureOf(work: Promise<unknown>): Promise<SyncFailure> {
  const error = await work.then(
    () => new Error('it did not fail'),
    (reason: unknown) => reason,
  );
  if (!isSyncFailure(error)) throw error;
  return error;
}

const failureWith = (handle: Parameters<typeof withSource>[0], options: Parameters<typeof withSource>[1]) =>
  withSource(handle, options, (source) => failureOf(pagesOf(source)));

/** The numbers from 1 to 25, in pages of ten. */
const total = 25;
const numbers = (from: number, count = 10): number[] =>
  Array.from({ length: Math.max(0, Math.min(count, total - from)) }, (_, index) => from + index + 1);
const all = numbers(0, total);
const param = (url: URL, name: string, otherwise: number): number => Number(url.searchParams.get(name) ?? otherwise);

describe('pages by number', () => {
  const pages = (url: URL) => numbers((param(url, 'page', 1) - 1) * 10);

  test('are read until one is empty: a short one proves nothing', async () => {
    await withSource(pages, { pagination: { kind: 'page-number' } }, async (source, seen) => {
      expect(recordsOf(await pagesOf(source))).toEqual(all);
      expect(seen).toEqual([1, 2, 1, 3, 2, 4, 3].map((page) => `GET /api/items?page=${page}`));
      expect(source.can.provesEnd).toBe(false);
    });
  });

  test('are read as far as the answer counts pages', async () => {
    const counted = (url: URL) => ({ data: pages(url), meta: { pages: 3 } });
    const options = { records: '/data', pagination: { kind: 'page-number', pages: '/meta/pages' } } as const;
    await withSource(counted, options, async (source, seen) => {
      expect(recordsOf(await pagesOf(source))).toEqual(all);
      expect(seen.length).toBe(5);
    });
  });

  test('are read as far as the answer counts records, from any position', async () => {
    const counted = (url: URL) => ({ data: pages(url), total });
    const options = { records: '/data', pagination: { kind: 'page-number', total: '/total' } } as const;
    await withSource(counted, options, async (source, seen) => {
      const read = await pagesOf(source);
      expect(recordsOf(read)).toEqual(all);
      expect(seen.length).toBe(5);
      expect(recordsOf(await pagesOf(source, null, read[0]?.next ?? null))).toEqual(all.slice(10));
    });
  });

  test('may begin at 0, and are asked for in a size', async () => {
    const zero = (url: URL) => numbers(param(url, 'p', 0) * param(url, 'n', 1), param(url, 'n', 1));
    const options = {
      pagination: { kind: 'page-number', param: 'p', first: 0, sizeParam: 'n' },
      pageSize: 20,
    } as const;
    await withSource(zero, options, async (source, seen) => {
      expect(recordsOf(await pagesOf(source))).toEqual(all);
      expect(seen[0]).toBe('GET /api/items?n=20&p=0');
    });
  });

  test('that end before the stated total are SOURCE_INCOMPLETE, not the end', async () => {
    const counted = (url: URL) => ({ data: pages(url), total: 40 });
    const failure = await failureWith(counted, {
      records: '/data',
      pagination: { kind: 'page-number', total: '/total' },
    });
    expect(failure.code).toBe('SOURCE_INCOMPLETE');
  });

  test('that are empty before the last stated one are SOURCE_INCOMPLETE', async () => {
    const counted = (url: URL) => ({ data: pages(url), pages: 9 });
    const failure = await failureWith(counted, {
      records: '/data',
      pagination: { kind: 'page-number', pages: '/pages' },
    });
    expect(failure.code).toBe('SOURCE_INCOMPLETE');
  });

  test.each([[-1], ['many'], [null], [2.5]])('whose count is %p are RESPONSE_SHAPE', async (count) => {
    const counted = (url: URL) => ({ data: pages(url), pages: count });
    const failure = await failureWith(counted, {
      records: '/data',
      pagination: { kind: 'page-number', pages: '/pages' },
    });
    expect(failure.code).toBe('RESPONSE_SHAPE');
    expect(failure.message).toContain('/pages');
  });

  test('that are all the same, as the source ignores the number, are CURSOR_LOOP', async () => {
    const failure = await failureWith(() => numbers(0), { pagination: { kind: 'page-number' } });
    expect(failure.code).toBe('CURSOR_LOOP');
  });

  test('that are all the same are CURSOR_LOOP too when each read takes one page', async () => {
    await withSource(
      () => numbers(0),
      { pagination: { kind: 'page-number' } },
      async (source) => {
        let position: Position = null;
        const onePage = async () => {
          const signal = new AbortController().signal;
          for await (const page of source.read({ position, since: null, signal })) return page.next;
          return null;
        };
        position = await onePage();
        expect((await failureOf(onePage())).code).toBe('CURSOR_LOOP');
      },
    );
  });
});

describe('pages by offset', () => {
  const pages = (url: URL) => numbers(param(url, 'offset', 0));

  test('go on by as many records as came', async () => {
    await withSource(pages, { pagination: { kind: 'offset' } }, async (source, seen) => {
      expect(recordsOf(await pagesOf(source))).toEqual(all);
      expect(seen).toEqual([0, 9, 18, 24].map((offset) => `GET /api/items?offset=${offset}`));
      expect(source.can.provesEnd).toBe(false);
    });
  });

  test('end at the stated total, which may be written as text', async () => {
    const counted = (url: URL) => ({ data: pages(url), total: '25' });
    const options = { records: '/data', pagination: { kind: 'offset', total: '/total' } } as const;
    await withSource(counted, options, async (source, seen) => {
      expect(recordsOf(await pagesOf(source))).toEqual(all);
      expect(seen.length).toBe(3);
    });
  });
});

describe('pages by cursor', () => {
  const cursorPages =
    (end: unknown, more: (from: number) => object = () => ({})) =>
    (url: URL) => {
      const from = param(url, 'cursor', 0);
      return { data: numbers(from), next: from + 10 < total ? `${from + 10}` : end, ...more(from) };
    };
  const options = { records: '/data', pagination: { kind: 'cursor', next: '/next' } } as const;

  test.each([[null], [''], [false]])('end where the cursor is %p', async (end) => {
    await withSource(cursorPages(end), options, async (source, seen) => {
      expect(recordsOf(await pagesOf(source))).toEqual(all);
      expect(seen).toEqual(['GET /api/items', 'GET /api/items?cursor=10', 'GET /api/items?cursor=20']);
      expect(source.can.provesEnd).toBe(true);
    });
  });

  test('whose cursor is nowhere to be found are RESPONSE_SHAPE: it may be misspelt', async () => {
    const failure = await failureWith(cursorPages(undefined), options);
    expect(failure.code).toBe('RESPONSE_SHAPE');
    expect(failure.message).toContain('/next');
  });

  test('may leave the cursor out at the end where the options say so, which proves less', async () => {
    const omitting = { ...options, pagination: { ...options.pagination, omittedAtEnd: true } };
    await withSource(cursorPages(undefined), omitting, async (source) => {
      expect(recordsOf(await pagesOf(source))).toEqual(all);
      expect(source.can.provesEnd).toBe(false);
    });
  });

  test('believe `hasMore`, not the cursor', async () => {
    const pages = cursorPages('always-there', (from) => ({ more: from + 10 < total }));
    const asking = { ...options, pagination: { ...options.pagination, hasMore: '/more' } };
    await withSource(pages, asking, async (source) => expect(recordsOf(await pagesOf(source))).toEqual(all));
  });

  test.each([
    ['more is promised without a cursor', { data: [1], next: null, more: true }, 'SOURCE_INCOMPLETE'],
    ['an empty page promises more', { data: [], next: '7', more: true }, 'SOURCE_INCOMPLETE'],
    ['the promise is no boolean', { data: [1], next: '7', more: 'yes' }, 'RESPONSE_SHAPE'],
    ['the promise is missing', { data: [1], next: '7' }, 'RESPONSE_SHAPE'],
    ['the cursor is an object', { data: [1], next: {}, more: true }, 'RESPONSE_SHAPE'],
  ])('fail with a code where %s', async (_name, answer, code) => {
    const asking = { ...options, pagination: { ...options.pagination, hasMore: '/more' } };
    expect((await failureWith(() => answer, asking)).code).toBe(code);
  });

  test('may be empty before the end where the options say so', async () => {
    const sparse = (url: URL) => {
      const from = param(url, 'cursor', 0);
      return { data: from === 10 ? [] : numbers(from), next: from < 20 ? from + 10 : null };
    };
    expect((await failureWith(sparse, options)).code).toBe('SOURCE_INCOMPLETE');
    await withSource(sparse, { ...options, allowEmptyPages: true }, async (source) => {
      expect(recordsOf(await pagesOf(source))).toEqual([...numbers(0), ...numbers(20)]);
    });
  });

  test('may take the cursor from the last record', async () => {
    const after = (url: URL) => {
      const from = param(url, 'starting_after', 0);
      return { data: numbers(from).map((id) => ({ id })), more: from + 10 < total };
    };
    const pagination = { kind: 'cursor', param: 'starting_after', lastRecord: 'id', hasMore: '/more' } as const;
    await withSource(after, { records: '/data', pagination }, async (source, seen) => {
      expect(recordsOf(await pagesOf(source))).toEqual(all.map((id) => ({ id })));
      expect(seen.at(-1)).toBe('GET /api/items?starting_after=20');
    });
  });

  test('keep a cursor of more digits than a number holds', async () => {
    const digits = '12345678901234567890123';
    const pages: RequestListener = (request, response) =>
      json(response, request.url?.includes(digits) ? '{"data":[2],"next":null}' : `{"data":[1],"next":${digits}}`);
    await withSource(
      (request, response) => pages(request, response),
      options,
      async (source) => {
        expect(recordsOf(await pagesOf(source))).toEqual([1, 2]);
      },
    );
  });

  test.each([
    ['to itself', { start: 'a', a: 'a' }],
    ['a to b to a', { start: 'a', a: 'b', b: 'a' }],
    ['after a while', { start: 'a', a: 'b', b: 'c', c: 'd', d: 'e', e: 'f', f: 'c' }],
  ])('that lead back %s are CURSOR_LOOP at the first repeat', async (_name, leads: Record<string, string>) => {
    const loop = (url: URL) => {
      const cursor = url.searchParams.get('cursor') ?? 'start';
      return { data: [cursor], next: leads[cursor] };
    };
    await withSource(loop, options, async (source, seen) => {
      expect((await failureOf(pagesOf(source))).code).toBe('CURSOR_LOOP');
      expect(seen.length).toBe(Object.keys(leads).length);
    });
  });

  test('that lead in a long circle are CURSOR_LOOP though every read takes one page', async () => {
    const circle = (url: URL) => {
      const at = param(url, 'cursor', -5);
      return { data: [at], next: String(at + 1 === 17 ? 0 : at + 1) };
    };
    await withSource(circle, options, async (source) => {
      let position: Position = null;
      let code: string | undefined;
      for (let reads = 0; reads < 200 && code === undefined; reads++) {
        const signal = new AbortController().signal;
        const pages = source.read({ position, since: null, signal })[Symbol.asyncIterator]();
        const page = await pages.next().catch((error: SyncFailure) => error);
        if (page instanceof Error) code = page.code;
        else if (!page.done) position = JSON.parse(JSON.stringify(page.value.next));
        await pages.return?.();
      }
      expect(code).toBe('CURSOR_LOOP');
    });
  });
});

describe('a next page that stands elsewhere', () => {
  const listed = { records: '/data' } as const;
  const omitted = { kind: 'cursor', next: '/nxt', omittedAtEnd: true } as const;
  const first =
    (more: object, headers: Record<string, string> = {}): RequestListener =>
    (_request, response) =>
      json(response, { data: [1], ...more }, 200, headers);

  test.each([
    ['in a header', omitted, {}, { NextPageToken: '7' }, 'nextpagetoken'],
    ['in another header', omitted, {}, { 'x-ms-continuation': 'a' }, 'x-ms-continuation'],
    ['as a link', omitted, {}, { link: '<?page=2>; rel="next"' }, 'link'],
    ['in the body', omitted, { meta: { next_cursor: 'b' } }, {}, '/meta/next_cursor'],
    ['as a promise', omitted, { has_more: true }, {}, '/has_more'],
    ['where there is no link', { kind: 'link-header' }, { links: { next: { href: '/2' } } }, {}, '/links/next'],
    [
      'where an address may be left out',
      { kind: 'next-url', next: '/n', omittedAtEnd: true },
      { next: '/2' },
      {},
      '/next',
    ],
    ['where one answer holds all', { kind: 'none' }, { nextPageToken: 'c' }, {}, '/nextPageToken'],
  ] as const)('%s is RESPONSE_SHAPE with its place, not the end', async (_name, pagination, more, headers, place) => {
    const failure = await failureWith(first(more, headers), { ...listed, pagination });
    expect(failure).toMatchObject({ code: 'RESPONSE_SHAPE', message: expect.stringContaining(place) });
  });

  test.each([
    [{ nextSyncToken: 's', next: null, has_more: false, next_run: 'noon' }, {}],
    [{ cursor: 'here' }, { 'x-next-page': '' }],
  ])('is not seen in what only sounds like it: %j %j', async (more, headers) => {
    await withSource(first(more, headers), { ...listed, pagination: omitted }, async (source) => {
      expect(recordsOf(await pagesOf(source))).toEqual([1]);
    });
  });

  test('is read from a header where the options say so', async () => {
    const paged: RequestListener = (request, response) => {
      const from = param(new URL(request.url ?? '/', 'http://x'), 'page', 0);
      json(response, numbers(from), 200, from + 10 < total ? { NextPageToken: `${from + 10}` } : {});
    };
    const pagination = { kind: 'cursor', param: 'page', nextHeader: 'NextPageToken' } as const;
    await withSource(
      (request, response) => paged(request, response),
      { pagination },
      async (source) => {
        expect(recordsOf(await pagesOf(source))).toEqual(all);
        expect(source.can.provesEnd).toBe(false);
      },
    );
  });
});

describe('pages by link', () => {
  test('follow the Link header, relative or not, to its end', async () => {
    await withServer(
      (request, response) => {
        const from = param(new URL(request.url ?? '/', 'http://x'), 'from', 0);
        const base = from === 0 ? `http://${request.headers.host}/api/items` : '';
        const next = from + 10 < total ? `, <${base}?from=${from + 10}&q=a,b>; title="x, y"; rel="last next"` : '';
        json(response, numbers(from), 200, { link: `<?from=0>; rel="first"${next}` });
      },
      async ({ address, requests }) => {
        const http = doorTo(connectionTo({ address }));
        const connection = { ...connectionTo({}), settings: rest.connector.settings.parse({ address }) };
        const options = rest.connector.source.options.parse({
          path: '/api/items',
          pagination: { kind: 'link-header' },
        });
        const source = rest.connector.source.open(connection, options, httpTools(http));
        expect(recordsOf(await pagesOf(source))).toEqual(all);
        http.close();
        expect(requests).toEqual(['GET /api/items', 'GET /api/items?from=10&q=a,b', 'GET /api/items?from=20&q=a,b']);
      },
    );
  });

  test('follow the address in the body', async () => {
    const linked = (url: URL) => {
      const from = param(url, 'from', 0);
      return { data: numbers(from), paging: { next: from + 10 < total ? `/api/items?from=${from + 10}` : null } };
    };
    const options = { records: '/data', pagination: { kind: 'next-url', next: '/paging/next' } } as const;
    await withSource(linked, options, async (source, seen) => {
      expect(recordsOf(await pagesOf(source))).toEqual(all);
      expect(seen.length).toBe(3);
    });
  });

  test('that leave the host are refused before anything is asked there', async () => {
    const options = { records: '/data', pagination: { kind: 'next-url', next: '/next' } } as const;
    const failure = await failureWith(() => ({ data: [1], next: 'http://other.example/api/items' }), options);
    expect(failure.code).toBe('REDIRECT_REFUSED');
  });

  test('that are no address are RESPONSE_SHAPE', async () => {
    const options = { records: '/data', pagination: { kind: 'next-url', next: '/next' } } as const;
    expect((await failureWith(() => ({ data: [1], next: 'http://[' }), options)).code).toBe('RESPONSE_SHAPE');
    expect((await failureWith(() => ({ data: [1] }), options)).code).toBe('RESPONSE_SHAPE');
  });
});

test('a page carries the clock of the system, as far as that says it', async () => {
  const clockOf = (date: string) =>
    withSource(
      (_, response) => {
        response.setHeader('date', date);
        json(response, []);
      },
      {},
      async (source) => (await pagesOf(source))[0]?.asOfMs,
    );
  expect(await clockOf('Sun, 29 Nov 2026 10:00:00 GMT')).toBe(Date.UTC(2026, 10, 29, 10, 0, 0, 999));
  expect(await clockOf('some day')).toBeUndefined();
});

test.each([
  ['as-is', undefined],
  ['iso', 'ms'],
  ['epoch-seconds', 'seconds'],
  ['epoch-ms', 'ms'],
] as const)('with the format %s, numbers count %s', async (format, epoch) => {
  await withSource(
    () => [],
    { incremental: { param: 'since', format } },
    async ({ can }) => expect(can.epoch).toBe(epoch),
  );
});

describe('what changed', () => {
  const asked = async (incremental: SourceInput['incremental'], since: string | number): Promise<string | null> => {
    let query = new URLSearchParams();
    const note = (url: URL) => {
      query = url.searchParams;
      return [];
    };
    await withSource(note, { incremental }, (source) => pagesOf(source, since));
    return query.get(incremental?.param ?? '');
  };

  test.each([
    ['as-is', '2026-01-31 08:00:00.123Z', '2026-01-31 08:00:00.123Z'],
    ['as-is', 42, '42'],
    ['iso', '2026-01-31T08:00:00+02:00', '2026-01-31T06:00:00.000Z'],
    ['iso', '2026-01-31 08:00', '2026-01-31T08:00:00.000Z'],
    ['iso', '2026-01-31', '2026-01-31T00:00:00.000Z'],
    ['iso', '2026-01-31T08:00:00.123999Z', '2026-01-31T08:00:00.123Z'],
    ['iso', 1769846400000, '2026-01-31T08:00:00.000Z'],
    ['iso-space', '2026-01-31T08:00:00.5Z', '2026-01-31 08:00:00.500Z'],
    ['epoch-seconds', '2026-01-31T08:00:00.999Z', '1769846400'],
    ['epoch-seconds', 1769846400, '1769846400'],
    ['epoch-ms', '2026-01-31T08:00:00.999Z', '1769846400999'],
  ] as const)('is asked for as %s: %s becomes %s', async (format, since, expected) => {
    expect(await asked({ param: 'since', format }, since)).toBe(expected);
  });

  test('is asked for by a filter', async () => {
    const filter = { param: 'filter', template: 'updated >= "{since}" && live = true', format: 'iso-space' } as const;
    expect(await asked(filter, '2026-01-31T08:00:00Z')).toBe('updated >= "2026-01-31 08:00:00.000Z" && live = true');
  });

  test('is not asked for with a version that would end the quote of the filter', async () => {
    const filter = { param: 'filter', template: 'v >= "{since}"' } as const;
    await expect(asked(filter, '1" || "" = "')).rejects.toMatchObject({ code: 'REQUEST_REJECTED', effect: 'none' });
  });

  test('is not asked for with a time that is none', async () => {
    await expect(asked({ param: 's', format: 'iso' }, 'yesterday')).rejects.toMatchObject({ code: 'REQUEST_REJECTED' });
  });

  test('is asked for on every page, and not at all by a full read', async () => {
    const pages = (url: URL) => numbers(param(url, 'offset', 0));
    const options = { pagination: { kind: 'offset' }, incremental: { param: 'since' }, query: { live: true } } as const;
    await withSource(pages, options, async (source, seen) => {
      await pagesOf(source, '7');
      expect(seen.every((line) => line.includes('live=true') && line.includes('since=7'))).toBe(true);
      const before = seen.length;
      await pagesOf(source);
      expect(seen.slice(before).some((line) => line.includes('since'))).toBe(false);
    });
  });
});

describe('an answer', () => {
  const raw =
    (body: string | Buffer, type = 'application/json'): RequestListener =>
    (_, response) => {
      response.writeHead(200, { 'content-type': type });
      response.end(body);
    };
  const read = (body: string | Buffer, type?: string) =>
    withSource(raw(body, type), {}, async (source) => {
      const pages = await pagesOf(source);
      for (const page of pages) expect(source.decode(page.body)).toEqual(page.records);
      return recordsOf(pages);
    });

  test('may begin with a byte order mark', async () => {
    expect(await read('\ufeff[{"a":"ä"}]')).toEqual([{ a: 'ä' }]);
  });

  test('may declare another charset, and is staged in UTF-8', async () => {
    expect(await read(Buffer.from('["caf\xe9"]', 'latin1'), 'application/json; charset=iso-8859-1')).toEqual(['café']);
    expect(await read(Buffer.from('["你"]', 'utf16le'), 'application/json; charset="UTF-16LE"')).toEqual(['你']);
  });

  test('in a charset nobody knows is RESPONSE_NOT_JSON', async () => {
    await expect(read('[]', 'application/json; charset=klingon')).rejects.toMatchObject({ code: 'RESPONSE_NOT_JSON' });
  });

  test('with bytes that are not UTF-8 is refused with their offset, never repaired', async () => {
    const body = Buffer.concat([Buffer.from('["ä canary '), Buffer.from([0xff]), Buffer.from('"]')]);
    const failure = await failureOf(read(body));
    expect(failure).toMatchObject({ code: 'RESPONSE_NOT_JSON', message: expect.stringContaining('byte 12') });
    expect(failure.message).not.toContain('canary');
  });

  test('that gzip has packed without saying so is refused in such words', async () => {
    expect(await failureOf(read(gzipSync('[]')))).toMatchObject({
      code: 'RESPONSE_NOT_JSON',
      message: expect.stringContaining('Content-Encoding: gzip'),
    });
  });

  test.each([
    ['[1,2', 'character 4'],
    ['{"canary": nonsense}', 'character 11'],
    ['[{"canary":"NaN, \\" NaN","a":NaN}]', 'character 29: NaN is no JSON'],
    ['[{"canary":1},{"a":-Infinity}]', 'character 19: -Infinity is no JSON'],
    ['[true,null,False]', 'character 11: False is no JSON'],
    ['', 'empty'],
  ])('that is not JSON (%p) is RESPONSE_NOT_JSON, and not quoted', async (body, words) => {
    const failure = await failureOf(read(body));
    expect(failure).toMatchObject({ code: 'RESPONSE_NOT_JSON', message: expect.stringContaining(words) });
    expect(failure.message).not.toMatch(/canary|nonsense/);
  });

  test.each([
    ['{"data":[]}', 'an object'],
    ['null', 'null'],
    ['7', 'a number'],
  ])('without a list of records (%s) is RESPONSE_SHAPE', async (body, words) => {
    expect(await failureOf(read(body))).toMatchObject({
      code: 'RESPONSE_SHAPE',
      message: expect.stringContaining(words),
    });
  });

  test('with keys that JavaScript gives a meaning changes no prototype', async () => {
    const records = await read('[{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}]');
    expect(Object.keys(records[0] ?? {})).toEqual(['__proto__', 'constructor']);
    expect('polluted' in {}).toBe(false);
    expect('polluted' in (records[0] as object)).toBe(false);
  });

  test('may be nested however deep: whether that is too deep is for the engine to say', async () => {
    const nested = (levels: number) => `[${'['.repeat(levels)}${']'.repeat(levels)}]`;
    for (const levels of [100, 101, 1000]) expect(await read(nested(levels))).toHaveLength(1);
  });

  test('with numbers that no double holds gives their digits', async () => {
    expect(await read('[{"id":12345678901234567890,"price":0.1,"rate":1.00000000000000000001,"big":1e400}]')).toEqual([
      { id: '12345678901234567890', price: 0.1, rate: '1.00000000000000000001', big: '1e400' },
    ]);
  });

  test.each([
    [404, 'NOT_FOUND'],
    [400, 'REQUEST_REJECTED'],
    [422, 'REQUEST_REJECTED'],
    [410, 'NOT_FOUND'],
    [500, 'SERVER_ERROR'],
  ])('of %d is %s', async (status, code) => {
    const failure = await failureWith((_, response) => json(response, { message: 'canary' }, status), {});
    expect(failure.code).toBe(code);
    expect(failure.message).not.toContain('canary');
  });
});

describe('a reader', () => {
  const pages = (url: URL) => numbers(param(url, 'offset', 0));
  const options = { pagination: { kind: 'offset' } } as const;

  test('of one page causes one call', async () => {
    await withSource(pages, options, async (source, seen) => {
      const signal = new AbortController().signal;
      for await (const _ of source.read({ position: null, since: null, signal })) {
        await setTimeout(50);
        break;
      }
      expect(seen.length).toBe(1);
    });
  });

  test('of more causes one call for each page that it asks for', async () => {
    await withSource(pages, options, async (source, seen) => {
      const signal = new AbortController().signal;
      const reader = source.read({ position: null, since: null, signal })[Symbol.asyncIterator]();
      await reader.next();
      await reader.next();
      await setTimeout(50);
      expect(seen.length).toBe(2);
      await reader.return?.();
    });
  });

  test('with a position of another shape is told so', async () => {
    await withSource(pages, options, async (source) => {
      const failure = await failureOf(pagesOf(source, null, { somewhere: 'else' }));
      expect(failure).toMatchObject({ code: 'REQUEST_REJECTED', effect: 'none' });
    });
  });
});

test.each([
  ['a page size without its parameter', { path: '/x', pageSize: 10, pagination: { kind: 'offset' } }],
  ['a size parameter without a size', { path: '/x', pagination: { kind: 'offset', sizeParam: 'n' } }],
  ['a cursor from nowhere', { path: '/x', pagination: { kind: 'cursor' } }],
  ['a cursor from two places', { path: '/x', pagination: { kind: 'cursor', next: '/n', lastRecord: 'id' } }],
  ['a pagination of no known kind', { path: '/x', pagination: { kind: 'scroll' } }],
  ['a path that begins with nothing', { path: 'x' }],
  ['a pointer that is a name', { path: '/x', records: 'data' }],
  ['a template without its place', { path: '/x', incremental: { param: 'f', template: 'updated > 1' } }],
])('options with %s are refused', (_name, options) => {
  expect(rest.connector.source.options.safeParse(options).success).toBe(false);
});

test.each([
  'ftp://example.com',
  'example.com',
  'https://user:canary@example.com',
  'https://example.com/?key=1',
  'https://example.com/#x',
])('the address %s is refused', (address) => {
  expect(rest.connector.settings.safeParse({ address }).success).toBe(false);
});
