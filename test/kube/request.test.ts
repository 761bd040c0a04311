import {expect, test} from 'vitest';
import type {Cluster} from '../../src/kube/cluster.ts';
import {connect} from '../../src/kube/connect.ts';
import {ApiProblem} from '../../src/kube/errors.ts';
import {Problem} from '../../src/problem.ts';
import {type Answer, fakeApiServer, json, pod, refuse, servingCertificate, writeKubeconfig} from '../support/apiserver.ts';

const never = new AbortController().signal;
const web = {namespace: 'shop', name: 'web'};
const getPod = (cluster: Cluster, signal = never) => cluster.get('pods', web, signal);

/** The three parts of what a promise rejects with. */
async function problemOf(promise: Promise<unknown>): Promise<Problem> {
  const error = await promise.then(
    () => new Error('it did not fail'),
    (reason: unknown) => reason,
  );
  if (error instanceof Problem) return error;
  throw error;
}

test('objects come with fields that no type knows, and dates as text', async () => {
  const object = pod('web', '7', {spec: {fieldOfTomorrow: {deep: [1]}}, status: {startTime: '2026-11-23T10:00:00Z'}});
  const server = await fakeApiServer((_asked, response) => json(response, object));
  expect(await getPod(await server.connect())).toEqual(object);
});

test('requests of one command share a connection', async () => {
  const server = await fakeApiServer((_asked, response) => json(response, pod('web')));
  const cluster = await server.connect();
  for (let i = 0; i < 5; i++) await getPod(cluster);
  expect(server.connections()).toBe(1);
});

test('at most 16 requests are under way at a time', async () => {
  let [now, most] = [0, 0];
  const server = await fakeApiServer(async (_asked, response) => {
    most = Math.max(most, ++now);
    await new Promise(setImmediate);
    now--;
    json(response, pod('web'));
  });
  const cluster = await server.connect();
  await Promise.all(Array.from({length: 100}, () => getPod(cluster)));
  expect(most).toBeLessThanOrEqual(16);
  expect(server.connections()).toBeLessThanOrEqual(16);
});

test('the server learns who asks, in whose name, and with which groups', async () => {
  const server = await fakeApiServer((_asked, response) => json(response, pod('web')));
  await getPod(await server.connect({as: 'jane', asGroups: ['dev, all', 'ops']}));
  expect(server.asked[0]?.headers).toMatchObject({
    'user-agent': [expect.stringMatching(/^kops\/\d+\.\d+\.\d+/)],
    authorization: ['Bearer secret'],
    'impersonate-user': ['jane'],
    'impersonate-group': ['dev, all', 'ops'],
  });
});

test('a gateway that serves the cluster under a path of its own is followed', async () => {
  const server = await fakeApiServer((_asked, response) => json(response, pod('web')));
  const kubeconfig = await server.kubeconfig({cluster: {server: `${server.url}/k8s/clusters/c-1/`}});
  await getPod(await connect({kubeconfig}));
  expect(server.asked[0]?.path).toBe('/k8s/clusters/c-1/api/v1/namespaces/shop/pods/web');
});

test.each<[string, Answer, number]>([
  ['a busy server that says when to come back', (_a, response) => void response.writeHead(429, {'retry-after': '0'}).end(), 2],
  [
    'a server that starts and says when to come back',
    (_a, response) => void response.writeHead(503, {'retry-after': '0'}).end(),
    2,
  ],
  ['a connection that is lost', (_a, response) => void response.destroy(), 2],
])('a read goes on after %s', async (_case, first, requests) => {
  const server = await fakeApiServer((asked, response, n) => (n === 1 ? first(asked, response, n) : json(response, pod('web'))));
  await getPod(await server.connect());
  expect(server.asked).toHaveLength(requests);
});

test.each<[string, Answer, number]>([
  ['too many requests', (_a, response) => void response.writeHead(429, {'retry-after': '0'}).end(), 2],
  ['a server that starts', (_a, response) => void response.writeHead(503, {'retry-after': '0'}).end(), 1],
  ['a lost connection', (_a, response) => void response.destroy(), 1],
])('a write after %s is sent once, and again only where it was not taken', async (_case, first, requests) => {
  const server = await fakeApiServer((asked, response, n) => (n === 1 ? first(asked, response, n) : json(response, pod('web'))));
  const cluster = await server.connect();
  await cluster.patch('pods', web, [{op: 'add', path: '/metadata/labels/a', value: 'b'}], {}, never).catch(() => {});
  expect(server.asked).toHaveLength(requests);
});

test('a server that stays busy is given up on', async () => {
  const server = await fakeApiServer((_asked, response) => void response.writeHead(429, {'retry-after': '0'}).end());
  const problem = await problemOf(getPod(await server.connect()));
  expect(problem.exitCode).toBe(5);
  expect(server.asked).toHaveLength(5);
});

test.each<[string, Answer]>([
  ['accepts and never answers', () => {}],
  ['stops in the middle of its answer', (_asked, response) => void response.writeHead(200).write('{"kind":')],
])('a server that %s is given up on after --request-timeout', async (_case, answer) => {
  const server = await fakeApiServer(answer);
  const problem = await problemOf(getPod(await server.connect({requestTimeout: '200ms'})));
  expect(problem).toMatchObject({
    message: `no answer from the API server ${server.url} (context test)`,
    next: 'check the network, or allow more with --request-timeout',
    exitCode: 5,
  });
});

test('Ctrl-C ends a request at once, with the reason it was given', async () => {
  const abort = new AbortController();
  const server = await fakeApiServer(() => abort.abort(new Error('enough')));
  await expect(getPod(await server.connect(), abort.signal)).rejects.toThrow('enough');
});

test.each(['<html>secret</html>', '"secret"', 'null'])('the answer %s is a Problem, and none of it is shown', async (answer) => {
  const server = await fakeApiServer((_asked, response) => void response.end(answer));
  const problem = await problemOf(getPod(await server.connect()));
  expect(problem.exitCode).toBe(5);
  expect(`${problem.message} ${problem.why} ${problem.next}`).not.toContain('secret');
});

test('an endless answer is cut off', async () => {
  const server = await fakeApiServer((_asked, response) => {
    const megabyte = 'x'.repeat(1024 * 1024);
    const more = () => {
      while (!response.destroyed && response.write(megabyte));
    };
    response.on('drain', more);
    more();
  });
  const problem = await problemOf(getPod(await server.connect()));
  expect(problem.why).toBe('one answer is longer than 32 MiB');
});

test('what answers and is no API server is named', async () => {
  const server = await fakeApiServer((_asked, response) => void response.writeHead(502).end('<html>Bad gateway</html>'));
  const problem = await problemOf(getPod(await server.connect()));
  expect(problem.message).toBe(`${server.url} answered 502 and not as an API server does`);
  expect(problem.exitCode).toBe(5);
});

test('a refusal is what its Status says, without the body', async () => {
  const server = await fakeApiServer((_asked, response) =>
    refuse(response, 404, 'NotFound', 'pods "web" not found', {name: 'web'}),
  );
  const problem = await problemOf(getPod(await server.connect()));
  expect(problem).toBeInstanceOf(ApiProblem);
  expect(problem.message).toBe('pod/web not found in namespace shop');
});

test('nothing that listens is a Problem that names server and context', async () => {
  const server = await writeKubeconfig({server: 'http://127.0.0.1:1'}, {});
  const problem = await problemOf(getPod(await connect({kubeconfig: server})));
  expect(problem).toMatchObject({
    message: 'cannot reach the API server http://127.0.0.1:1 (context test)',
    why: 'nothing listens there (connection refused)',
    exitCode: 5,
  });
});

test.each([
  ['has expired', {now: Date.now() - 11 * 365 * 86_400_000}, {}, 'it has expired'],
  ['is for other names', {addresses: [], dnsNames: ['api.shop']}, {}, 'it was issued for other names than the one of the server'],
  [
    'comes from another authority',
    {},
    {'certificate-authority-data': ''},
    "it was not issued by the kubeconfig's certificate authority",
  ],
])('a certificate that %s is said to be so', async (_case, certificate, cluster, why) => {
  const server = await fakeApiServer((_asked, response) => json(response, {}), await servingCertificate(certificate));
  const kubeconfig = await server.kubeconfig({cluster});
  const problem = await problemOf(getPod(await connect({kubeconfig})));
  expect(problem).toMatchObject({
    message: expect.stringContaining('certificate of the API server is not trusted'),
    why,
    exitCode: 5,
  });
});

test('tls-server-name and insecure-skip-tls-verify each let a certificate for other names pass', async () => {
  const certificate = await servingCertificate({addresses: [], dnsNames: ['api.shop']});
  const server = await fakeApiServer((_asked, response) => json(response, pod('web')), certificate);
  for (const cluster of [{'tls-server-name': 'api.shop'}, {'insecure-skip-tls-verify': true, 'certificate-authority-data': ''}]) {
    const kubeconfig = await server.kubeconfig({cluster});
    await expect(getPod(await connect({kubeconfig}))).resolves.toMatchObject({kind: 'Pod'});
  }
});
