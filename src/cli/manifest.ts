import {ExitCode, Problem} from '../problem.ts';
import {bytes} from '../text/bytes.ts';
import {readBytes, readStandardInput} from './read-bytes.ts';

/** Bytes. An object is 1.5 MiB at most in etcd; a text of this size is none that people mean, and more than YAML's reader can take. */
const LIMIT = 64 * 1024 ** 2;

/** The text of a manifest; `-` is standard input. Rejects with exit code 2 where it cannot be read, or is too large. */
export async function readManifest(file: string, signal: AbortSignal): Promise<{readonly file: string; readonly text: string}> {
  if (file !== '-') return {file, text: await readText(file, 'name another file, or - for standard input', signal)};
  return {file: 'standard input', text: textOf(await readStandardInput(LIMIT, signal), 'standard input')};
}

/** The text of a file, or of a pipe that has a name. Rejects as `readManifest` does. */
export async function readText(file: string, next: string, signal: AbortSignal): Promise<string> {
  try {
    return textOf(await readBytes(file, LIMIT, signal), file);
  } catch (cause) {
    signal.throwIfAborted();
    if (cause instanceof Problem) throw cause;
    const {code} = cause as NodeJS.ErrnoException;
    throw new Problem(`${file} cannot be read`, {why: WHY[code ?? ''] ?? code, next, exitCode: ExitCode.usage, cause});
  }
}

function textOf(content: Buffer, where: string): string {
  if (content.length <= LIMIT) return content.toString('utf8');
  throw new Problem(`${where} is too large`, {
    why: `it has more than ${bytes(LIMIT)}`,
    next: 'split it, or name the file that you mean',
    exitCode: ExitCode.usage,
  });
}

const WHY: Record<string, string> = {
  ENOENT: 'there is no such file',
  EISDIR: 'it is a directory: name the files in it',
  EACCES: 'permission denied',
};
