import {expect, test} from 'vitest';
import {connect} from '../../src/kube/connect.ts';
import {fakeApiServer, json, refuse, servingCertificate} from '../support/apiserver.ts';

const never = new AbortController().signal;
const get = {method: 'GET', path: '/livez?verbose'} as const;

test('any answer is an answer: its status, its headers and its bytes', async () => {
  const server = await fakeApiServer((_asked, response) => void response.writeHead(500, {'x-kind': 'strange'}).end('not ok'));
  const {api} = await server.connect();
  const answer = await api.send(get, never);
  expect(answer).toMatchObject({status: 500, headers: {'x-kind': 'strange'}, body: Buffer.from('not ok')});
  expect(server.asked[0]).toMatchObject({path: '/livez', headers: {authorization: ['Bearer secret']}});
  expect(api).toMatchObject({context: 'test', server: server.url});
});

test('a body is sent byte for byte, with its own content type', async () => {
  const server = await fakeApiServer((_asked, response) => json(response, {}));
  const {api} = await server.connect();
  const body = Buffer.from('{"big": 9007199254740993, "text":"\\u00e9"}');
  await api.send({method: 'PUT', path: '/api/v1/x', body, contentType: 'application/strange', accept: 'text/plain'}, never);
  expect(server.asked[0]).toMatchObject({
    body: body.toString(),
    headers: {'content-type': ['application/strange'], accept: ['text/plain'], 'content-length': [String(body.length)]},
  });
});

test('a busy server is asked again, and a server whose answer counts at once is not', async () => {
  const server = await fakeApiServer((_asked, response, n) =>
    n % 2 === 1 ? void response.writeHead(429, {'retry-after': '0'}).end() : json(response, {}),
  );
  const {api} = await server.connect();
  expect((await api.send(get, never)).status).toBe(200);
  expect((await api.send({...get, retry: false}, never)).status).toBe(429);
  expect(server.asked).toHaveLength(3);
});

test('a lost connection is a Problem; for what may be sent but once, at the first', async () => {
  const server = await fakeApiServer((_asked, response, n) => (n === 1 ? void response.destroy() : json(response, {})));
  const {api} = await server.connect();
  await expect(api.send({...get, retry: false}, never)).rejects.toMatchObject({passing: true, exitCode: 5});
  expect((await api.send(get, never)).status).toBe(200);
});

test('a single request may have a time limit of its own', async () => {
  const server = await fakeApiServer(() => {});
  const {api} = await server.connect();
  await expect(api.send({...get, timeout: 50}, never)).rejects.toMatchObject({why: 'it took longer than 50 ms'});
});

test('credentials that are refused are a status like any other, once no others can be had', async () => {
  const server = await fakeApiServer((_asked, response) => refuse(response, 401, 'Unauthorized', 'no'));
  expect((await (await server.connect()).api.send(get, never)).status).toBe(401);
});

test('another server of the cluster is asked as the same user, at its own address and no other', async () => {
  const first = await fakeApiServer((_asked, response) => json(response, {}));
  const second = await fakeApiServer((_asked, response) => json(response, {}));
  const cluster = await first.connect({as: 'jane', asGroups: ['a', 'b']});
  const api = await cluster.apiAt(new URL(second.url));
  await api.send(get, never);
  expect(first.asked).toHaveLength(0);
  expect(second.asked[0]?.headers).toMatchObject({authorization: ['Bearer secret'], 'impersonate-group': ['a', 'b']});
  expect(api.server).toBe(second.url);
});

test("another server must show a certificate of the cluster's authority, for its own address", async () => {
  const named = await servingCertificate({addresses: [], dnsNames: ['api.shop']});
  const first = await fakeApiServer((_asked, response) => json(response, {}), named);
  const kubeconfig = await first.kubeconfig({cluster: {'tls-server-name': 'api.shop'}});
  const cluster = await connect({kubeconfig});
  expect((await cluster.api.send(get, never)).status).toBe(200);
  expect((await (await cluster.apiAt(new URL(first.url))).send(get, never)).status).toBe(200);

  const second = await fakeApiServer((_asked, response) => json(response, {}), await servingCertificate());
  expect((await (await cluster.apiAt(new URL(second.url))).send(get, never)).status).toBe(200);

  const alike = await fakeApiServer((_asked, response) => json(response, {}), named);
  await expect((await cluster.apiAt(new URL(alike.url))).send(get, never)).rejects.toMatchObject({
    message: `the certificate of the API server is not trusted: ${alike.url} (context test)`,
    why: 'it was issued for other names than the one of the server',
  });

  const stranger = await fakeApiServer((_asked, response) => json(response, {}), await servingCertificate({now: 1e12}));
  await expect((await cluster.apiAt(new URL(stranger.url))).send(get, never)).rejects.toMatchObject({passing: false});
  expect([...alike.asked, ...stranger.asked]).toEqual([]);
});
