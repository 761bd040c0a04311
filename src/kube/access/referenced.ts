import {readFile} from 'node:fs/promises';
import {ExitCode, Problem} from '../../problem.ts';

/**
 * What a kubeconfig gives either within (`KEY-data`, base64) or as a file (`KEY`): the text of it, or undefined where it gives neither. The
 * data goes first. `owner` is for the Problem of a file that cannot be read.
 */
export async function readReferenced<K extends string>(
  entry: {readonly [key in K | `${K}-data`]?: string},
  key: K,
  owner: string,
): Promise<string | undefined> {
  const data = entry[`${key}-data`];
  if (data) return Buffer.from(data, 'base64').toString('utf8');
  const file = entry[key];
  return file ? readCredentialFile(file, `${key} of ${owner}`) : undefined;
}

/** `what` says what the file is for: `the tokenFile of user jane`. */
export async function readCredentialFile(file: string, what: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    const {code} = cause as NodeJS.ErrnoException;
    throw new Problem(`cannot read the ${what}`, {
      why: `${file}: ${code === 'ENOENT' ? 'no such file' : code === 'EACCES' ? 'permission denied' : code}`,
      next: 'mend the kubeconfig, or fetch it again',
      exitCode: ExitCode.usage,
      cause,
    });
  }
}
