import {execFile} from 'node:child_process';
import {createHash} from 'node:crypto';
import {chmodSync, createWriteStream, renameSync, rmSync} from 'node:fs';
import {basename, join} from 'node:path';
import {pipeline} from 'node:stream/promises';
import {promisify} from 'node:util';
import {EnvHttpProxyAgent, fetch, type Response} from 'undici';
import {ExitCode, Problem} from '../../problem.ts';
import {inNewFolder} from './cache.ts';
import {publishedHash, type ReleaseFile} from './releases.ts';

/** Milliseconds for all checksums, which are small, and then for a download without a byte. */
const FIRST_ANSWER = 4_000;
const STALLED = 30_000;
const MEBIBYTE = 2 ** 20;
/** MiB, of all files together. */
const TOTAL = 350;

/** The releases cannot be had from here: no network, no such file. Not a wrong checksum, which is a Problem. */
export class Unavailable extends Error {}

/**
 * Downloads the release's files, checks each against its published SHA-256, and puts the programs into `folder`, all or none. Rejects with
 * `Unavailable` within a few seconds where there is no network, and with a Problem where a file is not what was published.
 */
export async function download(
  files: readonly ReleaseFile[],
  folder: string,
  detail: (text: string) => void,
  env: NodeJS.ProcessEnv,
  signal: AbortSignal,
): Promise<void> {
  const client = clientFor(env);
  try {
    const hashes = await Promise.all(files.map((file) => hashOf(file, client, signal)));
    await inNewFolder(folder, async (temporary) => {
      let received = 0;
      for (const [i, file] of files.entries()) {
        const target = join(temporary, file.name);
        const hash = await save(file.url, target, client, signal, (bytes) => {
          received += bytes;
          detail(`${file.name}: ${Math.floor(received / MEBIBYTE)} of about ${TOTAL} MiB`);
        });
        if (hash !== hashes[i]) throw wrongChecksum(file, hashes[i] ?? '', hash);
        await unpack(file, target, temporary);
      }
    });
  } finally {
    await client.destroy();
  }
}

/** Through the proxies that the environment names, in small letters or in capitals. */
function clientFor(env: NodeJS.ProcessEnv): EnvHttpProxyAgent {
  const [http, https, none] = ['http_proxy', 'https_proxy', 'no_proxy'].map((name) => env[name] || env[name.toUpperCase()]);
  return new EnvHttpProxyAgent({
    httpProxy: http ?? '',
    httpsProxy: https ?? '',
    noProxy: none ?? '',
    connect: {timeout: FIRST_ANSWER},
    bodyTimeout: STALLED,
    headersTimeout: STALLED,
  });
}

async function hashOf(file: ReleaseFile, dispatcher: EnvHttpProxyAgent, signal: AbortSignal): Promise<string> {
  const within = AbortSignal.any([signal, AbortSignal.timeout(FIRST_ANSWER)]);
  const published = await get(file.checksum.url, dispatcher, within, signal, (response) => response.text());
  const hash = publishedHash(file, published);
  if (!hash) throw new Unavailable(`${file.checksum.url} has no SHA-256 of ${file.name}`);
  return hash;
}

async function save(
  url: string,
  target: string,
  dispatcher: EnvHttpProxyAgent,
  signal: AbortSignal,
  onBytes: (count: number) => void,
): Promise<string> {
  const {body} = await get(url, dispatcher, signal, signal, (response) => response);
  const hash = createHash('sha256');
  try {
    await pipeline(
      body ?? [],
      async function* (chunks: AsyncIterable<Uint8Array>) {
        for await (const chunk of chunks) {
          hash.update(chunk);
          onBytes(chunk.length);
          yield chunk;
        }
      },
      createWriteStream(target),
      {signal},
    );
  } catch (error) {
    signal.throwIfAborted();
    throw new Unavailable(`${url}: ${reasonOf(error)}`, {cause: error});
  }
  return hash.digest('hex');
}

async function get<T>(
  url: string,
  dispatcher: EnvHttpProxyAgent,
  signal: AbortSignal,
  user: AbortSignal,
  read: (response: Response) => T | Promise<T>,
): Promise<T> {
  try {
    const response = await fetch(url, {dispatcher, signal});
    if (response.ok) return await read(response);
    await response.body?.cancel();
    throw new Unavailable(`${url}: HTTP ${response.status}`);
  } catch (error) {
    user.throwIfAborted();
    throw error instanceof Unavailable ? error : new Unavailable(`${url}: ${reasonOf(error)}`, {cause: error});
  }
}

async function unpack({programs, archive}: ReleaseFile, file: string, folder: string): Promise<void> {
  const paths = programs.map((program) => join(folder, program));
  if (archive) {
    const members = programs.map((program) => `${archive}/${program}`);
    const args = ['-xzf', file, '-C', folder, '--strip-components=1', '--no-same-owner', ...members];
    await promisify(execFile)('tar', args).catch((error) => {
      throw new Unavailable(`tar cannot unpack ${basename(file)}: ${error.message}`, {cause: error});
    });
    rmSync(file);
  } else if (paths[0] !== undefined && paths[0] !== file) {
    renameSync(file, paths[0]);
  }
  for (const path of paths) chmodSync(path, 0o755);
}

const wrongChecksum = (file: ReleaseFile, expected: string, actual: string): Problem =>
  new Problem(`${file.url} is not what was published`, {
    why: `its SHA-256 is ${actual}, ${file.checksum.url} says ${expected}; it was not used`,
    next: 'find out who stands in between, or build the programs from source: KOPS_LAB_PROGRAMS=build kops lab up',
    exitCode: ExitCode.negative,
  });

/** What fetch hides: the connection's own error. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name === 'TimeoutError') return `no answer within ${FIRST_ANSWER / 1000} s`;
  return error.cause instanceof Error ? error.cause.message : error.message;
}
