import {expect, test} from 'vitest';
import {Conflict} from '../../src/kube/errors.ts';
import {fakeApiServer, json, pod, refuse} from '../support/apiserver.ts';

const never = new AbortController().signal;
const web = {namespace: 'shop', name: 'web'};

test('a patch is a JSON patch by the field manager kops', async () => {
  const server = await fakeApiServer((_asked, response) => json(response, pod('web')));
  const cluster = await server.connect();
  await cluster.patch('pods', web, [{op: 'remove', path: '/metadata/labels'}], {}, never);
  expect(server.asked[0]).toMatchObject({
    method: 'PATCH',
    path: '/api/v1/namespaces/shop/pods/web',
    headers: {'content-type': ['application/json-patch+json']},
    body: '[{"op":"remove","path":"/metadata/labels"}]',
  });
  expect(String(server.asked[0]?.query)).toBe('fieldManager=kops');
});

test('a dry run stores nothing: every write says so', async () => {
  const server = await fakeApiServer((_asked, response) => json(response, pod('web')));
  const cluster = await server.connect();
  const dryRun = {dryRun: true};
  await cluster.patch('pods', web, [], dryRun, never);
  await cluster.create('pods', 'shop', {metadata: {name: 'web'}}, dryRun, never);
  await cluster.delete('pods', web, 'uid-web', dryRun, never);
  const [patched, created, deleted] = server.asked;
  expect(patched?.query.get('dryRun')).toBe('All');
  expect(created?.query.get('dryRun')).toBe('All');
  expect(JSON.parse(deleted?.body ?? '')).toMatchObject({dryRun: ['All'], preconditions: {uid: 'uid-web'}});
});

test('an object is created in the namespace that was asked for', async () => {
  const server = await fakeApiServer((_asked, response) => json(response, pod('web'), 201));
  const cluster = await server.connect();
  await cluster.create('pods', 'shop', {metadata: {name: 'web'}}, {}, never);
  expect(server.asked[0]).toMatchObject({
    method: 'POST',
    path: '/api/v1/namespaces/shop/pods',
    body: '{"metadata":{"name":"web"}}',
  });
});

test('what kind is not namespaced has no namespace in its path', async () => {
  const server = await fakeApiServer((_asked, response) => json(response, {}));
  await (await server.connect()).get('nodes', {name: 'a/b'}, never);
  expect(server.asked[0]?.path).toBe('/api/v1/nodes/a%2Fb');
});

test('find: what is not there is undefined; what may not be read is a Problem', async () => {
  const server = await fakeApiServer((_asked, response, n) =>
    n === 1 ? refuse(response, 404, 'NotFound', 'no', {name: 'web'}) : refuse(response, 403, 'Forbidden', 'no'),
  );
  const cluster = await server.connect();
  await expect(cluster.find('pods', web, never)).resolves.toBeUndefined();
  await expect(cluster.find('pods', web, never)).rejects.toThrow();
});

test.each([
  ['a web server', '<html><h1>404 Not Found</h1></html>', /answered 404 and not as an API server does$/],
  ['a web server that speaks JSON', '{"error":"no such page"}', /answered 404 and not as an API server does$/],
  ['a server without the API group', '404 page not found\n', /^the API server does not know deployments\.apps$/],
  [
    'a server without the kind',
    '{"kind":"Status","status":"Failure","reason":"NotFound","details":{},"code":404}',
    /^the API server does not know deployments\.apps$/,
  ],
])('find: the 404 of %s does not say that the object does not exist', async (_case, body, message) => {
  const server = await fakeApiServer((_asked, response) => void response.writeHead(404).end(body));
  const cluster = await server.connect();
  await expect(cluster.find('deployments', web, never)).rejects.toThrow(message);
});

test('a failed test operation is a conflict', async () => {
  const server = await fakeApiServer((_asked, response) => refuse(response, 422, 'Invalid', 'the server rejected our request'));
  const cluster = await server.connect();
  const patch = cluster.patch('pods', web, [{op: 'test', path: '/metadata/uid', value: 'x'}], {}, never);
  await expect(patch).rejects.toBeInstanceOf(Conflict);
});

test('the last lines of a container, of its run before too', async () => {
  const server = await fakeApiServer((_asked, response) => void response.end('one\ntwo ✓\n'));
  const cluster = await server.connect();
  const log = await cluster.logs(web, {container: 'app', previous: true, tailLines: 20, limitBytes: 4096}, never);
  expect(log).toBe('one\ntwo ✓\n');
  expect(server.asked[0]?.path).toBe('/api/v1/namespaces/shop/pods/web/log');
  expect(String(server.asked[0]?.query)).toBe('container=app&previous=true&tailLines=20&limitBytes=4096');
});
