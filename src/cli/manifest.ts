import {readFile} from 'node:fs/promises';
import {text} from 'node:stream/consumers';
import {ExitCode, Problem} from '../problem.ts';

/** The text of a manifest; `-` is standard input. Rejects with exit code 2 where it cannot be read. */
export async function readManifest(file: string): Promise<{readonly file: string; readonly text: string}> {
  if (file === '-') return {file: 'standard input', text: await text(process.stdin)};
  try {
    return {file, text: await readFile(file, 'utf8')};
  } catch (cause) {
    const {code} = cause as NodeJS.ErrnoException;
    throw new Problem(`${file} cannot be read`, {
      why: WHY[code ?? ''] ?? code,
      next: 'name another file, or - for standard input',
      exitCode: ExitCode.usage,
      cause,
    });
  }
}

const WHY: Record<string, string> = {
  ENOENT: 'there is no such file',
  EISDIR: 'it is a directory: name the files in it',
  EACCES: 'permission denied',
};
