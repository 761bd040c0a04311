import {ExitCode, Problem, type ProblemDetails} from '../problem.ts';

export type EtcdFailure =
  /** No answer: nothing listens, no route, too late, the connection was lost. */
  | 'unreachable'
  /** Its certificate is not one that the given authority vouches for. */
  | 'untrusted'
  /** It does not accept the client certificate, or wants one. */
  | 'unauthenticated'
  /** etcd's own access control: this user may not. */
  | 'forbidden'
  /** It answers, but can't serve for now: no leader, too busy. */
  | 'unavailable'
  | 'compacted'
  /** The database is at its quota. It can be read still. */
  | 'no-space'
  /** One answer is larger than kops takes. */
  | 'too-large'
  | 'other';

/** What etcd, or the way to it, failed with. Never holds a value of the store. */
export class EtcdProblem extends Problem {
  readonly kind: EtcdFailure;

  constructor(what: string, {kind, ...details}: Omit<ProblemDetails, 'exitCode'> & {kind: EtcdFailure}) {
    super(what, {...details, exitCode: EXIT[kind]});
    this.kind = kind;
  }

  /** Whether it may mend itself: a server that restarts will be back, a certificate does not change by waiting. */
  get passing(): boolean {
    return this.kind === 'unreachable' || this.kind === 'unavailable';
  }
}

/** The revision that was asked for is forgotten: something compacted the store. Read again at the present one. */
export class Compacted extends EtcdProblem {
  constructor(via: string, cause?: unknown) {
    super('etcd no longer has the revision that was being read', {
      kind: 'compacted',
      why: `the store was compacted meanwhile (${via}); API servers do that every 5 minutes`,
      next: 'run it again: it begins at the present revision',
      cause,
    });
  }
}

const EXIT: Readonly<Record<EtcdFailure, ExitCode>> = {
  unreachable: ExitCode.noAccess,
  untrusted: ExitCode.noAccess,
  unauthenticated: ExitCode.noAccess,
  forbidden: ExitCode.noAccess,
  unavailable: ExitCode.noAccess,
  compacted: ExitCode.unfinished,
  'no-space': ExitCode.negative,
  'too-large': ExitCode.negative,
  other: ExitCode.bug,
};
