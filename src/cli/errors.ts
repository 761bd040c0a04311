import {ExitCode, Problem} from '../problem.ts';
import {cutMiddle} from '../text/fit.ts';
import {printable} from '../text/printable.ts';
import type {Theme} from '../text/screen.ts';
import {type CommandLine, usageProblem} from './usage.ts';

/** What happened, why, what to do next: a line each, as far as they are known. Names of files and keys in it are shown, not obeyed. */
export function renderProblem(problem: Problem, theme: Theme): string {
  const {message, why, next} = problem;
  const parts = [message, why || [], next ? (/^(kops|kubectl) /.test(next) ? `try: ${next}` : next) : []].flat();
  const [first = '', ...rest] = parts.flatMap((part) => part.split('\n')).map((line) => withoutGiants(printable(line)));
  return [`${theme.wrong('✗')} ${first}`, ...rest.map((line) => `  ${line}`)].join('\n');
}

/** No name of Kubernetes' is longer (RFC 1123: 253); what is, was typed or pasted by mistake, and would fill the screen. */
const LONGEST = 256;
const SHOWN = 64;

const withoutGiants = (line: string): string =>
  line.replaceAll(new RegExp(String.raw`\S{${LONGEST + 1},}`, 'g'), (word) => cutMiddle(word, SHOWN));

/** Everything that can reach the top of the program becomes a Problem: what is wrong with the command line, an abort, a bug. */
export function toProblem(error: unknown, line: CommandLine): Problem {
  if (error instanceof Problem) return error;
  if (isAbort(error)) return new Problem('interrupted', {exitCode: ExitCode.interrupted, cause: error});
  return (
    usageProblem(error, line) ??
    new Problem(`an unexpected error: ${firstLine(error instanceof Error ? error.message : String(error))}`, {
      why: 'this is a bug in kops, or an answer of the API server that kops does not know',
      next: 'run it again with --debug and report what it prints',
      exitCode: ExitCode.bug,
      cause: error,
    })
  );
}

const isAbort = (error: unknown): boolean =>
  error instanceof Error && (error.name === 'AbortError' || error.name === 'ExitPromptError');

const firstLine = (text: string): string => text.split('\n', 1)[0] ?? '';
