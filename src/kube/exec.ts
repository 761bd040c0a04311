import {Readable, Writable} from 'node:stream';
import type {V1Status} from '@kubernetes/client-node';
import type WebSocket from 'ws';
import {ExitCode, Problem} from '../problem.ts';
import {printable} from '../text/printable.ts';
import {Exec, KubeConfig} from './client-node.ts';
import type {ExecOptions, ExecResult, PodRef} from './cluster.ts';
import {ApiProblem, ConnectionProblem} from './errors.ts';
import type {Connection} from './request.ts';
import {resources} from './resources.ts';
import {openSocket} from './web-socket.ts';

/** Closes standard input by itself, which the older ones cannot; API servers have it since 1.30. */
const PROTOCOL = 'v5.channel.k8s.io';
const MAX_BYTES = 16 * 1024 * 1024;
const LONGEST_STDERR = 16 * 1024;
/** Bytes a message, as kubectl sends them. */
const CHUNK = 32 * 1024;

/** See `Cluster.exec`. client-node speaks the protocol; the connection, and so who asks, is kops' own. */
export async function execInPod(
  connection: Connection,
  pod: PodRef,
  container: string,
  command: readonly string[],
  options: ExecOptions,
  signal: AbortSignal,
): Promise<ExecResult> {
  const {input} = options;
  const target = {verb: 'create', resource: resources.pods, ...pod, subresource: 'exec'} as const;
  const ended = Promise.withResolvers<ExecResult>();
  ended.promise.catch(() => {}); // it is awaited once the socket is open
  let socket: WebSocket | undefined;
  let hasStatus = false;
  const stdout = collector(options, (error) => ended.reject(error), {
    pause: () => socket?.pause(),
    resume: () => socket?.resume(),
  });
  const stderr = tail(LONGEST_STDERR, options.onStderr);

  const connect = async (path: string, _onText: unknown, onData: ((channel: number, data: Buffer) => boolean) | null) => {
    socket = await openSocket(
      connection,
      {
        path,
        protocols: [PROTOCOL],
        target,
        onMessage: (channel, data) => void onData?.(channel, data),
        // The status goes before the end: without one nobody knows how the command ended.
        onEnd: (problem) => {
          if (!hasStatus || signal.aborted) ended.reject(problem ?? lost(pod, container, connection));
        },
      },
      signal,
    );
    return socket;
  };
  // The kubelet sends it last, and client-node ends the standard output on it.
  const onStatus = (status: V1Status) => {
    hasStatus = true;
    stdout.stream.once('finish', () => {
      try {
        ended.resolve({code: exitCodeOf(status, pod, container, command), stdout: stdout.content(), stderr: stderr.text()});
      } catch (error) {
        ended.reject(error);
      }
    });
  };

  const {namespace, name} = pod;
  const stdin = input && Readable.from(chunksOf(input));
  const exec = new Exec(new KubeConfig(), {connect});
  try {
    await exec.exec(namespace, name, container, [...command], stdout.stream, stderr.stream, stdin ?? null, false, onStatus);
    return await ended.promise;
  } finally {
    stdin?.destroy();
    socket?.terminate();
  }
}

function* chunksOf(input: Buffer): Generator<Buffer> {
  for (let from = 0; from < input.length; from += CHUNK) yield input.subarray(from, from + CHUNK);
}

/** Keeps what comes, or hands it on; holds the socket back while it is not done with what came before. */
function collector(
  {onData, maxBytes = MAX_BYTES}: ExecOptions,
  onError: (error: unknown) => void,
  source: {pause(): void; resume(): void},
): {readonly stream: Writable; content(): Buffer} {
  const chunks: Buffer[] = [];
  let bytes = 0;
  const take = async (chunk: Buffer): Promise<void> => {
    if (onData) return onData(chunk);
    bytes += chunk.length;
    if (bytes > maxBytes) throw tooMuch(maxBytes);
    chunks.push(chunk);
  };
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      if (stream.writableNeedDrain) source.pause();
      take(chunk).then(() => done(), done);
    },
  });
  stream.on('drain', () => source.resume());
  stream.on('error', onError);
  return {stream, content: () => Buffer.concat(chunks, bytes)};
}

const tooMuch = (maxBytes: number): Problem =>
  new Problem('the command in the container wrote more than kops takes', {
    why: `more than ${Math.round(maxBytes / 1024 / 1024)} MiB of standard output`,
    exitCode: ExitCode.bug,
  });

/** The last `bytes` of what is written to it, of which `onChunk` is told. */
function tail(bytes: number, onChunk?: (chunk: Buffer) => void): {readonly stream: Writable; text(): string} {
  let kept = Buffer.alloc(0);
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      onChunk?.(chunk);
      kept = Buffer.concat([kept, chunk]).subarray(-bytes);
      done();
    },
  });
  return {stream, text: () => kept.toString('utf8')};
}

/** Throws where the command was not run at all. */
function exitCodeOf(status: V1Status, pod: PodRef, container: string, command: readonly string[]): number {
  if (status.status === 'Success') return 0;
  const code = status.details?.causes?.find(({reason}) => reason === 'ExitCode')?.message;
  if (status.reason === 'NonZeroExitCode' && code !== undefined) return Number(code);
  throw new ApiProblem(`cannot run ${command[0]} in container ${container} of pod/${pod.name}`, {
    status: status.code ?? 500,
    reason: status.reason ?? '',
    why: printable((status.message ?? '').trim().replaceAll(/\s*\n\s*/g, '; ')).slice(0, 600) || undefined,
    exitCode: ExitCode.noAccess,
  });
}

const lost = (pod: PodRef, container: string, {server}: Connection): ConnectionProblem =>
  new ConnectionProblem(`the connection to container ${container} of pod/${pod.name} was lost`, {
    why: `it ended before the command's exit code came (${server})`,
    next: 'run the command again',
    passing: true,
  });
