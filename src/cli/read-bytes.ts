import {constants, createReadStream, fstat, open} from 'node:fs';
import {Socket} from 'node:net';
import type {Readable} from 'node:stream';
import {isatty} from 'node:tty';
import {promisify} from 'node:util';
import {invalid} from '../config/create/invalid.ts';

/**
 * The first bytes of a file, one more than `limit` at most. Of a pipe, such as that of a `<(…)`, until nobody writes to it any more; one that nobody
 * has opened yet is waited for. Rejects with Node's error where it cannot be read, with the signal's reason where that aborts, and with exit
 * code 2 for a terminal.
 */
export async function readBytes(path: string, limit: number, signal: AbortSignal): Promise<Buffer> {
  signal.throwIfAborted();
  // Without O_NONBLOCK a thread would wait for the other end of a pipe, and a process does not end before its threads.
  const fd = await promisify(open)(path, constants.O_RDONLY | constants.O_NONBLOCK);
  const isPipe = (await promisify(fstat)(fd)).isFIFO();
  const stream = isPipe ? new Socket({fd, readable: true, writable: false}) : createReadStream('', {fd, end: limit});
  if (!isatty(fd)) return take(stream, limit, signal);
  stream.destroy();
  throw invalid(`${path} is a terminal`, 'what you type there would show', 'pipe it in, or name a file');
}

/** As `readBytes`, of standard input, be it a terminal. */
export const readStandardInput = (limit: number, signal: AbortSignal): Promise<Buffer> => take(process.stdin, limit, signal);

/** What comes after `limit` and one byte is not waited for. */
async function take(stream: Readable, limit: number, signal: AbortSignal): Promise<Buffer> {
  signal.throwIfAborted();
  const stop = () => stream.destroy(signal.reason);
  signal.addEventListener('abort', stop, {once: true});
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    for await (const chunk of stream) {
      chunks.push(chunk);
      length += chunk.length;
      if (length > limit) break;
    }
  } finally {
    signal.removeEventListener('abort', stop);
  }
  signal.throwIfAborted();
  return Buffer.concat(chunks).subarray(0, limit + 1);
}
