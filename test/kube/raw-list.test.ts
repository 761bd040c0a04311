import type {ServerResponse} from 'node:http';
import {expect, test} from 'vitest';
import {listRaw} from '../../src/kube/raw-list.ts';
import type {RawObject} from '../../src/kube/raw-object.ts';
import {resources} from '../../src/kube/resources.ts';
import {fakeApiServer, refuse} from '../support/apiserver.ts';

const never = new AbortController().signal;

async function readAll(
  server: Awaited<ReturnType<typeof fakeApiServer>>,
): Promise<{items: RawObject[]; remaining: (number | undefined)[]}> {
  const {api} = await server.connect();
  const items: RawObject[] = [];
  const remaining: (number | undefined)[] = [];
  for await (const page of listRaw(api, resources.secrets, {}, never)) {
    items.push(...page.items);
    remaining.push(page.remaining);
  }
  return {items, remaining};
}

const secret = (name: string, more = ''): string =>
  `{"metadata":{"name":"${name}","namespace":"shop","uid":"uid-${name}","resourceVersion":"7"}${more}}`;
const send = (response: ServerResponse, items: readonly string[], metadata: object = {}) =>
  void response.end(`{"kind":"SecretList","metadata":${JSON.stringify(metadata)},"items":[${items.join(',')}]}`);
const expired = (response: ServerResponse, token?: string) => {
  const status = {kind: 'Status', code: 410, reason: 'Expired', metadata: {continue: token}};
  response.writeHead(410).end(JSON.stringify(status));
};
const names = (items: readonly RawObject[]): string[] => items.map(({name}) => name);

test('an object comes as it was sent: numbers beyond 2^53, unknown fields, escapes and their order', async () => {
  const odd = secret('a', ',"spec":{"big":9007199254740993,"z":1.50,"a":"\\u00e9 \\" {"},"fieldOfTomorrow":[1, 2]');
  const server = await fakeApiServer((_asked, response) => send(response, [odd, secret('b')]));
  const {items} = await readAll(server);
  expect(items[0]).toEqual({
    namespace: 'shop',
    name: 'a',
    uid: 'uid-a',
    resourceVersion: '7',
    body: Buffer.from(odd),
    contentType: 'application/json',
  });
  expect(names(items)).toEqual(['a', 'b']);
});

test('pages come one after another, with how many are still to come', async () => {
  const server = await fakeApiServer(({query}, response) =>
    query.has('continue')
      ? send(response, [secret('b')])
      : send(response, [secret('a')], {continue: 'more', remainingItemCount: 1}),
  );
  expect((await readAll(server)).remaining).toEqual([1, 0]);
});

test('a list without items is none, however the server writes that', async () => {
  for (const items of ['[]', 'null']) {
    const server = await fakeApiServer((_asked, response) => void response.end(`{"metadata":{},"items":${items}}`));
    expect((await readAll(server)).items).toEqual([]);
  }
});

test('the first page is small, and the next are as large as their bytes allow', async () => {
  const limits: string[] = [];
  const sizes = [100, 100_000, 100];
  const server = await fakeApiServer(({query}, response, n) => {
    limits.push(query.get('limit') ?? '');
    send(response, [secret(`s-${n}`, `,"data":"${'x'.repeat(sizes[n - 1] ?? 0)}"`)], n < 4 ? {continue: String(n)} : {});
  });
  await readAll(server);
  expect(limits).toEqual(['10', '500', '20', '500']);
});

test('a page that is too large is asked for again in smaller ones', async () => {
  const limits: number[] = [];
  const megabyte = `,"data":"${'x'.repeat(1024 * 1024)}"`;
  const server = await fakeApiServer(({query}, response) => {
    const limit = Number(query.get('limit'));
    limits.push(limit);
    send(
      response,
      Array.from({length: Math.min(limit, 20)}, (_, i) => secret(`s-${i}`, megabyte)),
    );
  });
  expect((await readAll(server)).items).toHaveLength(1);
  expect(limits).toEqual([10, 1]);
});

test('an expired token goes on with the one that the server gives instead', async () => {
  const tokens: (string | null)[] = [];
  const server = await fakeApiServer(({query}, response) => {
    const token = query.get('continue');
    tokens.push(token);
    if (token === null) send(response, [secret('a')], {continue: 'old'});
    else if (token === 'old') expired(response, 'new');
    else send(response, [secret('b')]);
  });
  expect(names((await readAll(server)).items)).toEqual(['a', 'b']);
  expect(tokens).toEqual([null, 'old', 'new']);
});

test('without such a token it begins again, and what was read comes no second time', async () => {
  const server = await fakeApiServer(({query}, response, n) => {
    if (query.has('continue') && n === 2) expired(response);
    else if (query.has('continue')) send(response, [secret('b'), secret('c')]);
    else send(response, n === 1 ? [secret('b')] : [secret('a'), secret('b')], {continue: 'more'});
  });
  expect(names((await readAll(server)).items)).toEqual(['b', 'c']);
});

test('tokens that always expire are given up on', async () => {
  const server = await fakeApiServer(({query}, response) =>
    query.has('continue') ? expired(response) : send(response, [secret('a')], {continue: 'more'}),
  );
  await expect(readAll(server)).rejects.toMatchObject({status: 410});
  expect(server.asked).toHaveLength(12);
});

test('a refusal is a Problem', async () => {
  const server = await fakeApiServer((_asked, response) => refuse(response, 403, 'Forbidden', 'no'));
  await expect(readAll(server)).rejects.toMatchObject({status: 403});
});

test.each(['hush', '{"items":[{"data":"hush"}],"metadata":{}}', '{"items":[{"data":"hush'])(
  'what is no list of objects is a Problem that shows nothing of it: %s',
  async (body) => {
    const server = await fakeApiServer((_asked, response) => void response.end(body));
    const problem = await readAll(server).catch((error: unknown) => error);
    expect(problem).toMatchObject({passing: false, exitCode: 5});
    expect(JSON.stringify([(problem as Error).message, problem, String((problem as Error).cause)])).not.toContain('hush');
  },
);
