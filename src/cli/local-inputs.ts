import {randomBytes} from 'node:crypto';
import {open, readdir, stat} from 'node:fs/promises';
import type {Inputs} from '../config/create/gather.ts';
import {invalid} from '../config/create/invalid.ts';

/** The files, the standard input and the terminal of this machine. */
export const localInputs = (signal: AbortSignal): Inputs => ({
  environment: process.env,
  random: randomBytes,
  isDirectory: async (path) => (await stat(path)).isDirectory(),

  async list(directory) {
    const entries = await readdir(directory, {withFileTypes: true});
    return entries.map((entry) => ({
      name: entry.name,
      kind: entry.isFile() ? 'file' : entry.isSymbolicLink() ? 'link' : 'other',
    }));
  },

  async read(path, limit) {
    const content = async () => {
      const file = await open(path);
      return take(file.createReadStream({end: limit}), limit); // closes the file with it
    };
    return unlessAborted(content(), signal);
  },

  async stdin(limit) {
    if (process.stdin.isTTY)
      throw invalid(
        'nothing is piped into standard input',
        'it is a terminal, where what you type would show',
        'pipe the value in, or let kops ask for it',
      );
    return unlessAborted(take(process.stdin, limit), signal);
  },

  ask: (what, instead) => askSecret(what, instead, signal),
});

/** A pipe that nobody writes to would keep Ctrl-C waiting. */
function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted();
  return new Promise((resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), {once: true});
    work.then(resolve, reject);
  });
}

/** The first bytes of a stream, one more than `limit` at most; what comes after that is not waited for. */
async function take(stream: AsyncIterable<Buffer>, limit: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of stream) {
    chunks.push(chunk);
    length += chunk.length;
    if (length > limit) break;
  }
  return Buffer.concat(chunks).subarray(0, limit + 1);
}

/** Asks twice on standard error, and shows nothing of what is typed. Rejects with exit code 2 off a terminal, and where the two differ. */
async function askSecret(what: string, instead: string, signal: AbortSignal): Promise<string> {
  if (!process.stdin.isTTY || !process.stderr.isTTY)
    throw invalid(`nobody can be asked for ${what}`, 'standard input is not a terminal', instead);
  const {default: password} = await import('@inquirer/password');
  const first = await password({message: `${what}:`, toggleMask: false}, {output: process.stderr, signal});
  const again = await password({message: `${what}, again:`, toggleMask: false}, {output: process.stderr, signal});
  if (first === '') throw invalid(`${what} is empty`, 'nothing was typed', 'an empty value is written with --from-literal');
  if (first !== again)
    throw invalid(
      `what was typed for ${what} is not the same twice`,
      'one of the two has a typing error',
      'run the command again',
    );
  return first;
}
