import {expect, test} from 'vitest';
import {fakeApiServer, list, refuse} from '../support/apiserver.ts';

const never = new AbortController().signal;
const numbered = (n: number, more: object = {}) => Array.from({length: n}, (_, i) => ({metadata: {name: `pod-${i}`}, ...more}));

test('every page is read, and each object says what it is', async () => {
  const server = await fakeApiServer(({query}, response) => {
    const from = Number(query.get('continue') ?? 0);
    list(response, numbered(3).slice(from, from + 1), from < 2 ? {continue: String(from + 1)} : {});
  });
  const cluster = await server.connect();
  const pods = await cluster.list('pods', {namespace: 'shop', labelSelector: 'app=web,tier!=db'}, never);
  expect(pods.map(({apiVersion, kind, metadata}) => [apiVersion, kind, metadata?.name])).toEqual([
    ['v1', 'Pod', 'pod-0'],
    ['v1', 'Pod', 'pod-1'],
    ['v1', 'Pod', 'pod-2'],
  ]);
  expect(server.asked[0]).toMatchObject({path: '/api/v1/namespaces/shop/pods'});
  expect(server.asked[0]?.query.get('labelSelector')).toBe('app=web,tier!=db');
});

test('of each object no more is held than the caller wants', async () => {
  const server = await fakeApiServer((_request, response) => list(response, numbered(2, {spec: {nodeName: 'node-1'}})));
  const cluster = await server.connect();
  const pods = await cluster.list('pods', {}, never, ({kind = '', metadata = {}}) => ({kind, metadata}));
  expect(pods).toEqual(['pod-0', 'pod-1'].map((name) => ({kind: 'Pod', metadata: {name}})));
});

test('a page that gets large makes the next one smaller', async () => {
  const limits: number[] = [];
  const megabyte = {data: 'x'.repeat(1024 * 1024)};
  const server = await fakeApiServer(({query}, response) => {
    limits.push(Number(query.get('limit')));
    list(response, numbered(8, megabyte), limits.length < 3 ? {continue: 'more'} : {});
  });
  const cluster = await server.connect();
  await cluster.list('pods', {}, never);
  expect(limits).toEqual([500, 3, 3]);
});

test('a page that is too large is asked for again in smaller ones', async () => {
  const limits: number[] = [];
  const server = await fakeApiServer(({query}, response) => {
    const limit = Number(query.get('limit'));
    limits.push(limit);
    list(response, numbered(Math.min(limit, 20), {data: 'x'.repeat(1024 * 1024)}));
  });
  const cluster = await server.connect();
  expect(await cluster.list('pods', {}, never)).toHaveLength(7);
  expect(limits).toEqual([500, 62, 7]);
});

test('a continue token that expired starts the list over, without what was read before', async () => {
  const server = await fakeApiServer(({query}, response, n) => {
    if (query.has('continue') && n === 2) refuse(response, 410, 'Expired', 'too old');
    else list(response, numbered(1), query.has('continue') ? {} : {continue: 'more'});
  });
  const cluster = await server.connect();
  expect(await cluster.list('pods', {}, never)).toHaveLength(2);
  expect(server.asked).toHaveLength(4);
});

test('a list whose tokens always expire is given up on', async () => {
  const server = await fakeApiServer(({query}, response) => {
    if (query.has('continue')) refuse(response, 410, 'Expired', 'too old');
    else list(response, numbered(1), {continue: 'more'});
  });
  await expect((await server.connect()).list('pods', {}, never)).rejects.toThrow('no longer has the version');
  expect(server.asked).toHaveLength(8);
});

test('metadata alone is asked for as such, and more is not passed on', async () => {
  const server = await fakeApiServer((_asked, response) => list(response, numbered(1, {data: {password: 'hush'}})));
  const secrets = await (await server.connect()).listMetadata('secrets', {namespace: 'shop'}, never);
  expect(secrets).toEqual([{apiVersion: 'v1', kind: 'Secret', metadata: {name: 'pod-0'}}]);
  expect(server.asked[0]?.headers.accept).toEqual([
    'application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io,application/json',
  ]);
});
