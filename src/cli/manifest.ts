import {ExitCode, Problem} from '../problem.ts';
import {readBytes, readStandardInput} from './read-bytes.ts';

/** The text of a manifest; `-` is standard input. Rejects with exit code 2 where it cannot be read. */
export async function readManifest(file: string, signal: AbortSignal): Promise<{readonly file: string; readonly text: string}> {
  if (file === '-') return {file: 'standard input', text: textOf(await readStandardInput(Number.POSITIVE_INFINITY, signal))};
  try {
    return {file, text: textOf(await readBytes(file, Number.POSITIVE_INFINITY, signal))};
  } catch (cause) {
    signal.throwIfAborted();
    if (cause instanceof Problem) throw cause;
    const {code} = cause as NodeJS.ErrnoException;
    throw new Problem(`${file} cannot be read`, {
      why: WHY[code ?? ''] ?? code,
      next: 'name another file, or - for standard input',
      exitCode: ExitCode.usage,
      cause,
    });
  }
}

const textOf = (bytes: Buffer): string => bytes.toString('utf8');

const WHY: Record<string, string> = {
  ENOENT: 'there is no such file',
  EISDIR: 'it is a directory: name the files in it',
  EACCES: 'permission denied',
};
