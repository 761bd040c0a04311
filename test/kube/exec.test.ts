import {expect, test, vi} from 'vitest';
import type {WebSocket} from 'ws';
import {connect} from '../../src/kube/connect.ts';
import {fakeApiServer, refuse} from '../support/apiserver.ts';
import {forwardProxy} from '../support/proxy.ts';

const never = new AbortController().signal;
const pod = {namespace: 'shop', name: 'web'};
const [STDIN, STDOUT, STDERR, STATUS, CLOSE] = [0, 1, 2, 3, 255];
const on = (channel: number, text: string | Buffer): Buffer => Buffer.concat([Buffer.from([channel]), Buffer.from(text)]);
const succeed = (socket: WebSocket) => socket.send(on(STATUS, '{"status":"Success"}'), () => socket.close());
const failWith = (code: number) => {
  const causes = [{reason: 'ExitCode', message: String(code)}];
  return on(STATUS, JSON.stringify({status: 'Failure', reason: 'NonZeroExitCode', details: {causes}}));
};
const noAnswer = () => {
  throw new Error('no plain request is meant to come');
};

async function serverWith(take: Parameters<Awaited<ReturnType<typeof fakeApiServer>>['takeSockets']>[0]) {
  const server = await fakeApiServer(noAnswer);
  server.takeSockets(take);
  return server;
}

test('a command is told as words, each by itself, and its container', async () => {
  const urls: URL[] = [];
  const server = await serverWith((socket, url, request) => {
    urls.push(url);
    expect(request.headersDistinct).toMatchObject({
      authorization: ['Bearer secret'],
      'impersonate-group': ['a', 'b'],
      'sec-websocket-protocol': ['v5.channel.k8s.io'],
    });
    succeed(socket);
  });
  const cluster = await server.connect({as: 'jane', asGroups: ['a', 'b']});
  await cluster.exec(pod, 'app', ['sh', '-c', 'echo a&b'], {}, never);
  expect(urls[0]?.pathname).toBe('/api/v1/namespaces/shop/pods/web/exec');
  expect(urls[0]?.searchParams.getAll('command')).toEqual(['sh', '-c', 'echo a&b']);
  expect(Object.fromEntries(urls[0]?.searchParams ?? [])).toMatchObject({container: 'app', stdin: 'false', tty: 'false'});
});

test('what a command writes and how it ends are told apart', async () => {
  const server = await serverWith((socket) => {
    for (const message of [on(STDOUT, ''), on(STDERR, ''), on(STDOUT, 'a'), on(STDERR, 'w'), on(STDOUT, 'b')])
      socket.send(message);
    socket.send(failWith(7));
  });
  expect(await (await server.connect()).exec(pod, 'app', ['x'], {}, never)).toEqual({
    code: 7,
    stdout: Buffer.from('ab'),
    stderr: 'w',
  });
});

test('standard input goes in pieces, and its end is told', async () => {
  const got: Buffer[] = [];
  const server = await serverWith((socket) => {
    socket.on('message', (message: Buffer) => {
      if (message[0] === STDIN) got.push(message.subarray(1));
      if (message[0] === CLOSE) succeed(socket);
    });
  });
  const input = Buffer.alloc(100_000, 'x');
  await (await server.connect()).exec(pod, 'app', ['x'], {input}, never);
  expect(Buffer.concat(got).equals(input)).toBe(true);
  expect(Math.max(...got.map(({length}) => length))).toBeLessThanOrEqual(32 * 1024);
});

test('output that is handed on waits for whoever takes it, and is complete when the command has ended', async () => {
  const server = await serverWith((socket) => {
    for (let i = 0; i < 50; i++) socket.send(on(STDOUT, Buffer.alloc(10_000, i)));
    succeed(socket);
  });
  let [bytes, busy] = [0, 0];
  const onData = async (chunk: Buffer) => {
    expect(++busy).toBe(1);
    await new Promise(setImmediate);
    busy--;
    bytes += chunk.length;
  };
  const {stdout} = await (await server.connect()).exec(pod, 'app', ['x'], {onData}, never);
  expect([bytes, stdout.length]).toEqual([500_000, 0]);
});

test('what throws where output is handed on ends the command with just that', async () => {
  const server = await serverWith((socket) => socket.send(on(STDOUT, 'x')));
  const onData = () => {
    throw new Error('the disk is full');
  };
  await expect((await server.connect()).exec(pod, 'app', ['x'], {onData}, never)).rejects.toThrow('the disk is full');
});

test('more than is taken is a Problem, not a program out of memory', async () => {
  const server = await serverWith((socket) => socket.send(on(STDOUT, 'x'.repeat(1001))));
  await expect((await server.connect()).exec(pod, 'app', ['x'], {maxBytes: 1000}, never)).rejects.toMatchObject({exitCode: 70});
});

test('of standard error the end is kept', async () => {
  const server = await serverWith((socket) => {
    socket.send(on(STDERR, 'x'.repeat(20_000)));
    socket.send(on(STDERR, 'the end'));
    succeed(socket);
  });
  const {stderr} = await (await server.connect()).exec(pod, 'app', ['x'], {}, never);
  expect(stderr).toHaveLength(16 * 1024);
  expect(stderr).toMatch(/xthe end$/);
});

test('a command that cannot be started is a Problem that says why', async () => {
  const server = await serverWith((socket) =>
    socket.send(on(STATUS, JSON.stringify({status: 'Failure', reason: 'InternalError', code: 500, message: 'no\nsuch file'}))),
  );
  await expect((await server.connect()).exec(pod, 'app', ['x', 'hush'], {}, never)).rejects.toMatchObject({
    message: 'cannot run x in container app of pod/web',
    why: 'no; such file',
    exitCode: 5,
  });
});

test.each<[string, (socket: WebSocket) => void]>([
  ['closes', (socket) => socket.close()],
  ['is cut', (socket) => socket.terminate()],
])('a connection that %s before the exit code came leaves it unknown', async (_case, end) => {
  const server = await serverWith((socket) => {
    socket.send(on(STDOUT, 'x'), () => end(socket));
  });
  await expect((await server.connect()).exec(pod, 'app', ['x'], {}, never)).rejects.toMatchObject({
    message: 'the connection to container app of pod/web was lost',
    passing: true,
    exitCode: 5,
  });
});

test('a container that falls silent is given up on, for it answers no ping', async () => {
  const server = await serverWith((socket) => socket.pause());
  const cluster = await server.connect();
  vi.useFakeTimers({toFake: ['setInterval', 'clearInterval', 'Date']});
  try {
    const ended = expect(cluster.exec(pod, 'app', ['x'], {}, never)).rejects.toMatchObject({passing: true});
    await vi.waitFor(() => expect(vi.getTimerCount()).toBe(1));
    await vi.advanceTimersByTimeAsync(60_000);
    await ended;
  } finally {
    vi.useRealTimers();
  }
});

test('a refusal is what its Status says', async () => {
  const server = await fakeApiServer((_asked, response) =>
    refuse(response, 404, 'NotFound', 'pods "web" not found', {name: 'web'}),
  );
  await expect((await server.connect()).exec(pod, 'app', ['x'], {}, never)).rejects.toThrow(
    'pod/web not found in namespace shop',
  );
});

test('Ctrl-C ends the connection at once, with the reason it was given', async () => {
  const abort = new AbortController();
  const closed = Promise.withResolvers<void>();
  const server = await serverWith((socket) => {
    socket.on('close', closed.resolve);
    abort.abort(new Error('enough'));
  });
  await expect((await server.connect()).exec(pod, 'app', ['x'], {}, abort.signal)).rejects.toThrow('enough');
  await closed.promise;
});

test('it goes through the proxy that all else goes through', async () => {
  const server = await serverWith(succeed);
  const proxy = await forwardProxy();
  const kubeconfig = await server.kubeconfig({cluster: {'proxy-url': proxy.url}});
  expect((await (await connect({kubeconfig})).exec(pod, 'app', ['x'], {}, never)).code).toBe(0);
  expect(proxy.tunnels).toEqual([new URL(server.url).host]);
});
