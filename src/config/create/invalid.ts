import {ExitCode, Problem} from '../../problem.ts';

/** Input that cannot become an object: told before anything is sent. `why` and `next` never quote a value. */
export const invalid = (what: string, why: string, next?: string): Problem =>
  new Problem(what, {why, next, exitCode: ExitCode.usage});
