import {type Config, Errors, run} from '@oclif/core';
import {createTheme} from '../text/screen.ts';
import {renderProblem, toProblem} from './errors.ts';
import {wantsColour} from './output.ts';

/**
 * Runs one command line and ends the process with its exit code.
 * `options` is the package's root, or an oclif configuration (development runs override where commands are).
 */
export async function main(argv: string[], options: string | Config): Promise<void> {
  process.stdout.on('error', ignoreClosedPipe);
  process.stderr.on('error', ignoreClosedPipe);
  try {
    await run(argv, options);
  } catch (error) {
    process.exitCode = error instanceof Errors.ExitError ? (error.oclif.exit ?? 0) : report(error, argv);
  }
  await flushed(process.stdout);
  await flushed(process.stderr);
  process.exit();
}

function report(error: unknown, argv: readonly string[]): number {
  const debug = argv.includes('--debug');
  const problem = toProblem(
    error,
    `kops ${argv
      .filter((word) => !word.startsWith('-'))
      .slice(0, 2)
      .join(' ')} --help`,
  );
  const theme = createTheme(wantsColour(process.stderr, process.env, argv.includes('--no-color')));
  process.stderr.write(`${renderProblem(problem, theme)}\n`);
  if (debug) process.stderr.write(`${stackOf(problem)}\n`);
  return problem.exitCode;
}

/** The stack of the problem and of what caused it; messages of causes are kops' own or Node's, never a response body. */
function stackOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause === undefined ? (error.stack ?? error.message) : `${error.stack}\ncaused by ${stackOf(error.cause)}`;
}

/** `kops … | head` closes our standard output: the reader has what it wanted. */
function ignoreClosedPipe(error: NodeJS.ErrnoException): void {
  if (error.code === 'EPIPE') process.exit();
  throw error;
}

const flushed = (stream: NodeJS.WriteStream): Promise<void> => new Promise((resolve) => stream.write('', () => resolve()));
