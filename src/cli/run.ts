import {basename} from 'node:path';
import {Config, Errors, type Interfaces, run} from '@oclif/core';
import {ExitCode, Problem} from '../problem.ts';
import {createTheme} from '../text/screen.ts';
import {bundledPlugin, type Commands} from './bundled.ts';
import {renderProblem, toProblem} from './errors.ts';
import {asTyped, wordsOf} from './hints.ts';
import {wantsColour} from './terminal.ts';

/** The package that is run. */
export interface Package {
  readonly root: string;
  readonly pjson: Interfaces.PJSON;
  /** Those of the bundle; a development run has none, and reads the files of all. */
  readonly commands?: Commands;
}

/** Runs one command line and ends the process with its exit code. */
export async function main(argv: string[], {root, pjson: published, commands}: Package): Promise<void> {
  process.stdout.prependListener('error', endUnread); // oclif's own passes over EPIPE and throws the others
  process.stderr.on('error', () => {}); // a change goes on where nobody reads along
  const pjson = {...published, oclif: {...published.oclif, bin: binOf(process.argv[1])}};
  const options = {
    root,
    pjson,
    ...(commands ? {plugins: new Map([[pjson.name, bundledPlugin(root, pjson, commands)]])} : {ignoreManifest: true}),
  };
  // An error that nobody waits for: Node would print its stack. What was under way is left as by a SIGKILL, so it can be resumed.
  process.once('uncaughtException', async (error) => process.exit(report(error, argv, await Config.load(options))));
  try {
    await run(argv[0] === 'help' ? [...argv.slice(1), '--help'] : argv, options);
  } catch (error) {
    process.exitCode =
      error instanceof Errors.ExitError ? (error.oclif.exit ?? 0) : report(error, argv, await Config.load(options));
  }
  await flushed(process.stdout);
  await flushed(process.stderr);
  process.exit();
}

/** kubectl finds a program `kubectl-kops` on the PATH and runs it for `kubectl kops`. */
const binOf = (program = ''): string => (basename(program).startsWith('kubectl-kops') ? 'kubectl kops' : 'kops');

function report(error: unknown, argv: readonly string[], config: Config): number {
  const {bin, commandIDs} = config;
  const problem = toProblem(error, {bin, argv, commands: commandIDs.map((id) => id.split(':'))});
  const theme = createTheme(wantsColour(process.stderr, process.env, argv.includes('--no-color')));
  process.stderr.write(`${asTyped(renderProblem(problem, theme), wordsOf(config, argv))}\n`);
  if (argv.includes('--debug')) process.stderr.write(`${stackOf(problem)}\n`);
  return problem.exitCode;
}

/** The stack of the problem and of what caused it; messages of causes are kops' own or Node's, never a response body. */
function stackOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause === undefined ? (error.stack ?? error.message) : `${error.stack}\ncaused by ${stackOf(error.cause)}`;
}

/**
 * Ends the process where the result cannot be written. `kops … | head` closes our standard output: the reader has what it wanted, but a verdict
 * that was not reached yet must not look like success: 141, as a shell has it for a program that SIGPIPE ended.
 */
function endUnread(error: NodeJS.ErrnoException): void {
  if (error.code === 'EPIPE') process.exit(process.exitCode ?? 141);
  const problem = new Problem('the result could not be written', {
    why: error.message,
    next: 'look at where standard output goes',
    exitCode: ExitCode.bug,
  });
  process.stderr.write(`${renderProblem(problem, createTheme(false))}\n`);
  process.exit(problem.exitCode);
}

const flushed = (stream: NodeJS.WriteStream): Promise<void> => new Promise((resolve) => stream.write('', () => resolve()));
