import {once} from 'node:events';
import {connect as connectTcp, type Socket} from 'node:net';
import {text} from 'node:stream/consumers';
import {expect, test, vi} from 'vitest';
import type {WebSocket} from 'ws';
import {fakeApiServer, refuse} from '../support/apiserver.ts';

const never = new AbortController().signal;
const pod = {namespace: 'kube-system', name: 'etcd-a'};
const [DATA, ERRORS] = [0, 1];
const on = (channel: number, data: string | Buffer): Buffer => Buffer.concat([Buffer.from([channel]), Buffer.from(data)]);
const portNumber = Buffer.from([0x4b, 0x09]);

/** A pod that sends back what it gets, in upper case. */
async function echoing(onSocket: (socket: WebSocket, url: URL) => void = () => {}) {
  const server = await fakeApiServer(() => {});
  server.takeSockets((socket, url) => {
    for (const channel of [DATA, ERRORS]) socket.send(on(channel, portNumber));
    socket.on('message', (message: Buffer) => socket.send(on(DATA, message.subarray(1).toString().toUpperCase())));
    onSocket(socket, url);
  });
  return server;
}

async function dial({port}: {port: number}): Promise<Socket> {
  const socket = connectTcp({host: '127.0.0.1', port}).on('error', () => {});
  await once(socket, 'connect');
  return socket;
}

test('each connection to the local port is one to the port of the pod', async () => {
  const urls: string[] = [];
  const server = await echoing((_socket, url) => urls.push(`${url.pathname}${url.search}`));
  const forward = await (await server.connect()).portForward(pod, 2379, never);
  const sockets = await Promise.all([dial(forward), dial(forward)]);
  for (const [i, socket] of sockets.entries()) {
    socket.write(`hello ${i}`);
    const [data] = await once(socket, 'data');
    expect(String(data)).toBe(`HELLO ${i}`);
  }
  expect(urls).toEqual(Array(2).fill('/api/v1/namespaces/kube-system/pods/etcd-a/portforward?ports=2379'));
  await forward.close();
});

test('what the pod sends is complete, however slowly it is read', async () => {
  const megabytes = Buffer.alloc(4 * 1024 * 1024, 'x');
  const server = await echoing((socket) => {
    for (let from = 0; from < megabytes.length; from += 65_536) socket.send(on(DATA, megabytes.subarray(from, from + 65_536)));
    socket.close();
  });
  const forward = await (await server.connect()).portForward(pod, 2379, never);
  const socket = await dial(forward);
  socket.pause();
  await new Promise(setImmediate);
  expect(await text(socket)).toHaveLength(megabytes.length);
  await forward.close();
});

test('a connection that the pod refuses is cut, and the reason is kept', async () => {
  const server = await echoing((socket) => socket.send(on(ERRORS, 'connection refused')));
  const forward = await (await server.connect()).portForward(pod, 2379, never);
  const socket = await dial(forward);
  await once(socket.resume(), 'close');
  await vi.waitFor(() =>
    expect(forward.trouble).toMatchObject({
      message: 'the connection to port 2379 of pod/etcd-a was lost',
      why: 'connection refused',
    }),
  );
  await forward.close();
});

test('a refusal of the API server comes at once, not with the first connection', async () => {
  const server = await fakeApiServer((_asked, response) => refuse(response, 403, 'Forbidden', 'no'));
  await expect((await server.connect()).portForward(pod, 2379, never)).rejects.toMatchObject({status: 403});
});

test('closing it, or Ctrl-C, ends everything that goes through it', async () => {
  const closed: unknown[] = [];
  const server = await echoing((socket) => socket.on('close', () => closed.push(socket)));
  const cluster = await server.connect();
  const abort = new AbortController();
  const [first, second] = [await cluster.portForward(pod, 2379, never), await cluster.portForward(pod, 2379, abort.signal)];
  const sockets = await Promise.all([dial(first), dial(second)]);
  const ended = Promise.all(sockets.map((socket) => once(socket.resume(), 'close')));
  await first.close();
  await first.close();
  abort.abort();
  await ended;
  await vi.waitFor(() => expect(closed).toHaveLength(2));
  const late = connectTcp({host: '127.0.0.1', port: first.port});
  await expect(once(late, 'connect')).rejects.toMatchObject({code: 'ECONNREFUSED'});
});
