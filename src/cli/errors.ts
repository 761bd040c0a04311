import {ExitCode, Problem} from '../problem.ts';
import type {Theme} from '../text/screen.ts';

/** What happened, why, what to do next: a line each, as far as they are known. */
export function renderProblem(problem: Problem, theme: Theme): string {
  const {message, why, next} = problem;
  const lines = [`${theme.wrong('✗')} ${message}`];
  if (why) lines.push(...why.split('\n').map((line) => `  ${line}`));
  if (next) lines.push(`  ${/^(kops|kubectl) /.test(next) ? `try: ${next}` : next}`);
  return lines.join('\n');
}

/** Everything that can reach the top of the program becomes a Problem: what oclif says of bad flags, an abort, a bug. */
export function toProblem(error: unknown, help: string): Problem {
  if (error instanceof Problem) return error;
  if (isAbort(error)) return new Problem('interrupted', {exitCode: ExitCode.interrupted, cause: error});
  const {message, isParserError} = describe(error);
  if (isParserError)
    return new Problem(firstLine(message), {why: restOf(message), next: help, exitCode: ExitCode.usage, cause: error});
  return new Problem(`an unexpected error: ${firstLine(message)}`, {
    why: 'this is a bug in kops, or an answer of the API server that kops does not know',
    next: 'run it again with --debug and report what it prints',
    exitCode: ExitCode.bug,
    cause: error,
  });
}

const isAbort = (error: unknown): boolean =>
  error instanceof Error && (error.name === 'AbortError' || error.name === 'ExitPromptError');

/** oclif throws a CLIError (with an `oclif` member) for what is wrong with the words of a command. */
function describe(error: unknown): {message: string; isParserError: boolean} {
  if (!(error instanceof Error)) return {message: String(error), isParserError: false};
  return {message: error.message, isParserError: 'oclif' in error};
}

const firstLine = (text: string): string => text.split('\n', 1)[0] ?? '';
const restOf = (text: string): string | undefined => {
  const lines = text
    .split('\n')
    .slice(1)
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('See more help'));
  return lines.length > 0 ? lines.join('\n') : undefined;
};
