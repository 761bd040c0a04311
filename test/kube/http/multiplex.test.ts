import {expect, test, vi} from 'vitest';
import type {Api} from '../../../src/kube/api.ts';
import {type Answer, fakeApiServer, json} from '../../support/apiserver.ts';
import {forwardProxy} from '../../support/proxy.ts';

const {signal} = new AbortController();
const get = (api: Api, n = 0, more: object = {}) => api.send({method: 'GET', path: `/api/v1/things/${n}`, ...more}, signal);
const put = (api: Api) => api.send({method: 'PUT', path: '/api/v1/things/1', body: Buffer.from('{"a":1}')}, signal);

const serverWithHttp2 = (answer: Answer) => fakeApiServer(answer, undefined, 'h2');
const hundred = Array.from({length: 100}, (_, i) => i);

test('many requests are under way at a time over one connection', async () => {
  let [underWay, most] = [0, 0];
  const server = await serverWithHttp2(async ({path}, response) => {
    most = Math.max(most, ++underWay);
    await vi.waitFor(() => expect(most).toBeGreaterThan(8));
    underWay--;
    json(response, {path});
  });
  const cluster = await server.connect();
  const answers = await cluster.multiplex((api) => Promise.all(hundred.map((n) => get(api, n))));
  expect(answers.map(({status, body}) => [status, String(body)])).toEqual(
    hundred.map((n) => [200, JSON.stringify({path: `/api/v1/things/${n}`})]),
  );
  expect(server.connections()).toBe(1);
});

test('what is written arrives whole, with the credentials', async () => {
  const server = await serverWithHttp2((_asked, response) => json(response, {}));
  const cluster = await server.connect();
  const body = Buffer.alloc(1_000_000, 'x');
  await cluster.multiplex((api) => api.send({method: 'PUT', path: '/api/v1/things/1', body}, signal));
  expect(server.asked).toMatchObject([{method: 'PUT', path: '/api/v1/things/1', body: body.toString()}]);
});

test('a server that has only HTTP/1.1 is spoken to in that', async () => {
  const server = await fakeApiServer((_asked, response) => json(response, {}));
  const cluster = await server.connect();
  const answers = await cluster.multiplex((api) => Promise.all(hundred.map((n) => get(api, n))));
  expect(new Set(answers.map(({status}) => status))).toEqual(new Set([200]));
});

test('through a proxy', async () => {
  const [server, proxy] = [await serverWithHttp2((_asked, response) => json(response, {})), await forwardProxy()];
  const cluster = await server.connect({kubeconfig: await server.kubeconfig({cluster: {'proxy-url': proxy.url}})});
  await cluster.multiplex((api) => Promise.all(hundred.map((n) => get(api, n))));
  expect(proxy.tunnels).toEqual([`127.0.0.1:${server.port}`]);
});

test('a connection that is lost: what was read is read again over another one, what was written is told as lost', async () => {
  let cut = () => {};
  const server = await serverWithHttp2((_asked, response, n) => {
    if (n > 2) json(response, {n});
    else if (n === 2) cut();
  });
  cut = server.cut;
  const cluster = await server.connect();
  await cluster.multiplex(async (api) => {
    const [read, written] = await Promise.allSettled([get(api), put(api)]);
    expect(read).toMatchObject({value: {status: 200}});
    expect(written).toMatchObject({reason: {why: 'the connection was closed before an answer came', passing: true}});
  });
  expect(server.connections()).toBe(2);
});

test('an answer that is cut off in the middle is none, and is asked for again', async () => {
  let cut = () => {};
  const server = await serverWithHttp2((_asked, response, n) => {
    if (n > 1) return json(response, {whole: true});
    response.writeHead(200, {'content-type': 'application/json'}).write('{"whole"', () => cut());
  });
  cut = server.cut;
  const cluster = await server.connect();
  const {body} = await cluster.multiplex((api) => get(api));
  expect(String(body)).toBe('{"whole":true}');
});

test('Ctrl-C while the connection is made: nothing is sent', async () => {
  const server = await serverWithHttp2((_asked, response) => json(response, {}));
  const cluster = await server.connect();
  const interruption = new AbortController();
  await cluster.multiplex(async (api) => {
    const asked = api.send({method: 'PUT', path: '/api/v1/things/1', body: Buffer.from('{}')}, interruption.signal);
    await vi.waitFor(() => expect(server.connections()).toBe(1), {interval: 1});
    interruption.abort(new Error('Ctrl-C'));
    await expect(asked).rejects.toThrow('Ctrl-C');
    await get(api);
  });
  expect(server.asked.map(({method}) => method)).toEqual(['GET']);
});

test('one request that takes too long leaves the others on its connection', async () => {
  const server = await serverWithHttp2(async ({path}, response) => {
    if (path.endsWith('/2')) return;
    await vi.waitFor(() => expect(late.settled).toBe(true));
    json(response, {});
  });
  const late = {settled: false};
  const cluster = await server.connect();
  await cluster.multiplex(async (api) => {
    const other = get(api, 1);
    await expect(get(api, 2, {timeout: 100, retry: false})).rejects.toMatchObject({why: 'it took longer than 100 ms'});
    late.settled = true;
    await expect(other).resolves.toMatchObject({status: 200});
  });
  expect(server.connections()).toBe(1);
});

test('a server that is gone and comes back is found again', async () => {
  const server = await serverWithHttp2((_asked, response) => json(response, {}));
  const cluster = await server.connect();
  await cluster.multiplex(async (api) => {
    await get(api);
    server.cut();
    await expect(get(api)).resolves.toMatchObject({status: 200});
  });
});

test('an answer that is too large, one that does not come in time, and Ctrl-C', async () => {
  const server = await serverWithHttp2(({path}, response) => {
    if (path.endsWith('/1')) json(response, {text: 'x'.repeat(1000)});
  });
  const cluster = await server.connect();
  const interruption = new AbortController();
  await cluster.multiplex(async (api) => {
    await expect(get(api, 1, {maxBytes: 100})).rejects.toThrow('the answer of the API server is too large');
    await expect(get(api, 2, {timeout: 50, retry: false})).rejects.toMatchObject({why: 'it took longer than 50 ms'});
    const asked = api.send({method: 'GET', path: '/api/v1/things/2'}, interruption.signal);
    await vi.waitFor(() => expect(server.asked).toHaveLength(3));
    interruption.abort(new Error('Ctrl-C'));
    await expect(asked).rejects.toThrow('Ctrl-C');
    await expect(get(api, 1)).resolves.toMatchObject({status: 200});
  });
});

test('a server that is not there is told as over HTTP/1.1', async () => {
  const server = await serverWithHttp2(() => {});
  const kubeconfig = await server.kubeconfig({cluster: {server: 'https://127.0.0.1:1'}});
  const cluster = await server.connect({kubeconfig});
  await expect(cluster.multiplex((api) => get(api, 1, {retry: false}))).rejects.toMatchObject({
    why: 'nothing listens there (connection refused)',
  });
});

test('when the task ends, so does its connection', async () => {
  let ended = false;
  const server = await serverWithHttp2((_asked, response) => {
    response.socket?.once('close', () => {
      ended = true;
    });
    json(response, {});
  });
  const cluster = await server.connect();
  await cluster.multiplex((api) => get(api));
  await vi.waitFor(() => expect(ended).toBe(true));
});
