/** What the process tells its caller; the full table is in README.md. */
export const ExitCode = {
  ok: 0,
  difference: 1,
  usage: 2,
  negative: 3,
  unfinished: 4,
  noAccess: 5,
  bug: 70,
  interrupted: 130,
} as const;
export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode];

/**
 * A failure that a user can act on, in three parts: what happened (the message), why, and what to do next.
 * None of the three ever holds a Secret's value, a header or a response body as it came.
 */
export class Problem extends Error {
  override readonly name = 'Problem';
  readonly why: string | undefined;
  readonly next: string | undefined;
  readonly exitCode: ExitCode;

  constructor(what: string, {why, next, exitCode, cause}: ProblemDetails) {
    super(what, cause === undefined ? undefined : {cause});
    this.why = why;
    this.next = next;
    this.exitCode = exitCode;
  }
}

export interface ProblemDetails {
  readonly why?: string | undefined;
  /** A sentence or a command; printed behind `try:` where it starts with `kops` or `kubectl`. */
  readonly next?: string | undefined;
  readonly exitCode: ExitCode;
  readonly cause?: unknown;
}
