import {createServer} from 'node:net';
import {expect, onTestFinished, test} from 'vitest';
import type {Cluster} from '../../../src/kube/cluster.ts';
import {type ConnectOptions, connect} from '../../../src/kube/connect.ts';
import {type FakeApiServer, fakeApiServer, json, pod} from '../../support/apiserver.ts';
import {forwardProxy} from '../../support/proxy.ts';
import {socksProxy} from '../../support/socks.ts';

const apiServer = () => fakeApiServer((_asked, response) => json(response, pod('web')));
const getPod = (cluster: Cluster) => cluster.get('pods', {namespace: 'shop', name: 'web'}, new AbortController().signal);

async function getThrough(
  proxyUrl: string,
  server: FakeApiServer,
  options: ConnectOptions = {},
  cluster: object = {},
): Promise<unknown> {
  const kubeconfig = await server.kubeconfig({cluster: {'proxy-url': proxyUrl, ...cluster}});
  return getPod(await connect({kubeconfig, ...options}));
}

test('through a proxy too, each group to impersonate is a header of its own', async () => {
  const [server, proxy] = [await apiServer(), await forwardProxy()];
  await getThrough(proxy.url, server, {as: 'jane', asGroups: ['a', 'b']});
  expect(server.asked[0]?.headers['impersonate-group']).toEqual(['a', 'b']);
  expect(proxy.tunnels).toEqual([`127.0.0.1:${server.port}`]);
});

test('a proxy that accepts and makes no tunnel is given up on after --request-timeout', async () => {
  const [server, proxy] = [await apiServer(), await forwardProxy()];
  proxy.freeze();
  await expect(getThrough(proxy.url, server, {requestTimeout: '200ms'})).rejects.toMatchObject({
    message: expect.stringContaining(`through the proxy ${proxy.url}`),
    why: 'it took longer than 200 ms',
    exitCode: 5,
  });
});

test.each([
  ['asks who is there', '407 Proxy Authentication Required', 'at the proxy: it asks for a user name and a password'],
  ['cannot reach the server', '503 Service Unavailable', 'at the proxy: it answered 503'],
])('a proxy that %s is named', async (_case, status, why) => {
  const [server, proxy] = [await apiServer(), await answering(`HTTP/1.1 ${status}\r\n\r\n`)];
  await expect(getThrough(`http://${proxy}`, server)).rejects.toMatchObject({why, exitCode: 5});
});

test.each([
  ['by address', {}, '127.0.0.1'],
  ['by name, which the proxy looks up', {server: 'localhost'}, 'localhost'],
])('SOCKS5 to a server %s', async (_case, {server: name}: {server?: string}, host) => {
  const [server, socks] = [await apiServer(), await socksProxy()];
  await getThrough(socks.url, server, {}, name === undefined ? {} : {server: `https://${name}:${server.port}`});
  expect(socks.targets).toEqual([`${host}:${server.port}`]);
});

test('SOCKS5 with a user name and a password', async () => {
  const [server, socks] = [await apiServer(), await socksProxy({password: 's3cret'})];
  await expect(getThrough(socks.url.replace('//', '//jane:s3cret@'), server)).resolves.toMatchObject({kind: 'Pod'});
  await expect(getThrough(socks.url.replace('//', '//jane:wrong@'), server)).rejects.toMatchObject({
    why: 'at the proxy: it does not accept the user name and the password',
  });
  await expect(getThrough(socks.url, server)).rejects.toMatchObject({
    why: 'at the proxy: it asks for a user name and a password',
  });
});

test('what a SOCKS5 proxy refuses is said in words', async () => {
  const [server, socks] = [await apiServer(), await socksProxy({reply: 5})];
  await expect(getThrough(socks.url, server)).rejects.toMatchObject({
    why: 'at the proxy: nothing listens at the server (connection refused)',
    exitCode: 5,
  });
});

test('what is no SOCKS5 proxy is told so', async () => {
  const [server, proxy] = [await apiServer(), await answering('HTTP/1.1 400 Bad Request\r\n\r\n')];
  await expect(getThrough(`socks5://${proxy}`, server)).rejects.toMatchObject({
    why: 'at the proxy: what answers there does not speak SOCKS5',
  });
});

/** A server that says the same to everyone. Returns its host and port. */
async function answering(text: string): Promise<string> {
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.once('data', () => socket.end(text));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const address = server.address();
  return typeof address === 'object' ? `127.0.0.1:${address?.port}` : '';
}
