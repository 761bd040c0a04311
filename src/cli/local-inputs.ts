import {randomBytes} from 'node:crypto';
import {readdir, stat} from 'node:fs/promises';
import type {Inputs} from '../config/create/gather.ts';
import {invalid} from '../config/create/invalid.ts';
import {readBytes, readStandardInput} from './read-bytes.ts';

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

  read: (path, limit) => readBytes(path, limit, signal),

  async stdin(limit) {
    if (process.stdin.isTTY)
      throw invalid(
        'nothing is piped into standard input',
        'it is a terminal, where what you type would show',
        'pipe the value in, or let kops ask for it',
      );
    return readStandardInput(limit, signal);
  },

  ask: (what, instead) => askSecret(what, instead, signal),
});

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
