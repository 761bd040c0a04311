import {createServer, type Socket} from 'node:net';
import {PassThrough} from 'node:stream';
import {printable} from '../text/printable.ts';
import {KubeConfig, PortForward as Protocol} from './client-node.ts';
import type {PodRef, PortForward} from './cluster.ts';
import {ConnectionProblem} from './errors.ts';
import type {Connection} from './request.ts';
import {resources} from './resources.ts';
import {openSocket} from './web-socket.ts';

/** One connection to the pod's port. */
interface Tunnel {
  readonly toPod: PassThrough;
  readonly fromPod: PassThrough;
}

const PROTOCOL = 'v4.channel.k8s.io';
const ERRORS = 1;

/**
 * See `Cluster.portForward`. client-node speaks the protocol; the connection, and so who asks, is kops' own. The first tunnel is made at
 * once: where there is no right to make one, or no such pod, that is said now.
 */
export async function portForward(connection: Connection, pod: PodRef, port: number, signal: AbortSignal): Promise<PortForward> {
  const ending = new AbortController();
  const either = AbortSignal.any([signal, ending.signal]);
  let trouble: ConnectionProblem | undefined;
  const note = (why: string) => {
    trouble = new ConnectionProblem(`the connection to port ${port} of pod/${pod.name} was lost`, {why, passing: true});
  };

  let spare: Tunnel | undefined = await openTunnel(connection, pod, port, note, either);
  const locals = new Set<Socket>();
  const server = createServer((local) => {
    locals.add(local);
    local.on('close', () => locals.delete(local)).on('error', () => {});
    const ready = spare;
    spare = undefined;
    Promise.resolve(ready ?? openTunnel(connection, pod, port, note, either)).then(
      ({toPod, fromPod}) => {
        local.pipe(toPod);
        fromPod.pipe(local);
        local.on('close', () => toPod.end());
      },
      (error: unknown) => {
        note(error instanceof Error ? error.message : String(error));
        local.destroy();
      },
    );
  });
  server.unref();
  const {promise: listening, resolve, reject} = Promise.withResolvers<void>();
  server.once('error', reject).listen(0, '127.0.0.1', resolve);
  await listening;
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('a TCP server has a port');

  const close = async () => {
    signal.removeEventListener('abort', close);
    ending.abort();
    for (const local of locals) local.destroy();
    if (server.listening) await new Promise<void>((done) => void server.close(() => done()));
  };
  signal.addEventListener('abort', close, {once: true});
  return {
    host: '127.0.0.1',
    port: address.port,
    get trouble() {
      return trouble;
    },
    close,
  };
}

async function openTunnel(
  connection: Connection,
  pod: PodRef,
  port: number,
  note: (why: string) => void,
  signal: AbortSignal,
): Promise<Tunnel> {
  const {namespace, name} = pod;
  const target = {verb: 'create', resource: resources.pods, ...pod, subresource: 'portforward'} as const;
  const [toPod, fromPod, errors] = [new PassThrough(), new PassThrough(), new PassThrough()];
  errors.on('data', (text: Buffer) => note(printable(text.toString('utf8').trim()).slice(0, 600)));
  const connect = async (path: string, _onText: unknown, onData: ((channel: number, data: Buffer) => boolean) | null) => {
    const socket = await openSocket(
      connection,
      {
        path,
        protocols: [PROTOCOL],
        target,
        onMessage(channel, data, socket) {
          onData?.(channel, data);
          if (channel === ERRORS && data.length > 2) socket.terminate();
          if (fromPod.writableNeedDrain) socket.pause();
        },
        onEnd(problem) {
          if (problem instanceof Error && !signal.aborted) note(problem.message);
          fromPod.end();
          toPod.destroy();
        },
      },
      signal,
    );
    fromPod.on('drain', () => socket.resume());
    return socket;
  };
  await new Protocol(new KubeConfig(), true, {connect}).portForward(namespace, name, [port], fromPod, errors, toPod);
  return {toPod, fromPod};
}
