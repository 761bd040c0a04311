import {ExitCode, Problem, type ProblemDetails} from '../problem.ts';

/** The API server's answer was a failure. `message` is what kops makes of it, never the body as it came. */
export class ApiProblem extends Problem {
  /** HTTP status. */
  readonly status: number;
  /** `NotFound`, `Forbidden`, `AlreadyExists` …: metav1.StatusReason. */
  readonly reason: string;

  /** `exitCode`: where the status alone would give another. */
  constructor(
    what: string,
    {status, reason, ...details}: Omit<ProblemDetails, 'exitCode'> & {status: number; reason: string; exitCode?: ExitCode},
  ) {
    super(what, {exitCode: exitCodeOf(status), ...details});
    this.status = status;
    this.reason = reason;
  }
}

/** The API server is one, serves that kind, and has no object of that name. */
export class NotFound extends ApiProblem {}

/** Someone else wrote the object in between, or what a `test` operation asked for was not so. */
export class Conflict extends ApiProblem {}

/** No answer, or no authenticated one: no route, a bad certificate, a credential that cannot be had. */
export class ConnectionProblem extends Problem {
  /** Whether it may mend itself: a server that restarts will be back, a certificate does not change by waiting. */
  readonly passing: boolean;

  constructor(what: string, {passing, ...details}: Omit<ProblemDetails, 'exitCode'> & {passing: boolean}) {
    super(what, {...details, exitCode: ExitCode.noAccess});
    this.passing = passing;
  }
}

function exitCodeOf(status: number): ExitCode {
  if (status === 401 || status === 403 || status === 404) return ExitCode.noAccess;
  if (status === 429 || status === 502 || status === 503 || status === 504) return ExitCode.noAccess;
  if (status === 409) return ExitCode.negative;
  if (status === 400 || status === 413 || status === 422) return ExitCode.usage;
  return ExitCode.bug;
}
