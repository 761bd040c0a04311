import {ExitCode, Problem, type ProblemDetails} from '../problem.ts';

/** The node did not answer, or stopped to. What it was told to do may have been done. */
export class Unreachable extends Problem {
  /** Whether it had begun with the script: a connection that was lost, not one that could not be had. */
  readonly started: boolean;

  constructor(what: string, {started, ...details}: Omit<ProblemDetails, 'exitCode'> & {started: boolean}) {
    super(what, {...details, exitCode: ExitCode.noAccess});
    this.started = started;
  }
}

/** A file on a node is not what it was when the change was planned: someone else wrote it. Nothing was changed. */
export class FileChanged extends Problem {
  constructor(node: string, path: string) {
    super(`${path} on ${node} was changed by someone else in between`, {
      why: 'kops replaces a file only while it is still the one that was planned on',
      next: 'look at the file, then run the command again: it plans on what is there now',
      exitCode: ExitCode.negative,
    });
  }
}
